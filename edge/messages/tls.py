"""Mutual TLS to the broker, by the same rule at either end: lane and headquarters."""

import ssl

from pydantic import BaseModel, ConfigDict


class TlsFiles(BaseModel):
    """PEM files of a mutual TLS connection."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    ca: str
    certificate: str
    key: str


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Trust this authority alone and show this certificate. Raises OSError for what is no PEM."""
    context = ssl.create_default_context(cafile=files.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    return context
