"""Mutual TLS to the broker: both ends are known by one authority, and neither talks to others."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge.messages.tls import TlsFiles, tls_context

BROKER = "broker.example"
BORN, ENDS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, x509.Name([_common(name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        ca = x509.BasicConstraints(ca=True, path_length=0)
        made = self._builder(self._name, self._key).add_extension(ca, critical=True)
        self.file = self._write(f"{name}.pem", self._sign(made))

    def issue(self, name: str) -> TlsFiles:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        made = self._builder(x509.Name([_common(name)]), key).add_extension(names, critical=False)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        certificate = self._write(f"{name}.pem", self._sign(made))
        return TlsFiles(ca=self.file, certificate=certificate, key=self._write(f"{name}.key", pem))

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BORN)
            .not_valid_after(ENDS)
        )

    def _sign(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _write(self, name: str, data: bytes) -> str:
        path = self._folder / name
        path.write_bytes(data)
        return str(path)


def _common(name: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(x509.NameOID.COMMON_NAME, name)


def broker_context(files: TlsFiles) -> ssl.SSLContext:
    """A broker that asks for a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(files.ca)
    context.load_cert_chain(files.certificate, files.key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def seen_by_broker(ours: ssl.SSLContext, broker: ssl.SSLContext) -> str:
    """Shake hands in memory; give the name the broker has learnt. Raises ssl.SSLError."""
    to_broker, to_us = ssl.MemoryBIO(), ssl.MemoryBIO()
    us = ours.wrap_bio(to_us, to_broker, server_hostname=BROKER)
    other = broker.wrap_bio(to_broker, to_us, server_side=True)
    waiting = [us, other]
    while waiting:
        for end in tuple(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
    certificate = other.getpeercert()
    assert certificate is not None
    return str(certificate["subject"])


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


def test_either_end_shows_its_certificate_to_the_broker(ours: Authority) -> None:
    context = tls_context(ours.issue("cargo-1"))
    assert "cargo-1" in seen_by_broker(context, broker_context(ours.issue(BROKER)))


def test_a_broker_of_another_authority_is_refused(ours: Authority, tmp_path: Path) -> None:
    theirs = Authority(tmp_path, "theirs").issue(BROKER)
    context = tls_context(ours.issue("cargo-1"))
    with pytest.raises(ssl.SSLCertVerificationError):
        seen_by_broker(context, broker_context(theirs))


def test_a_broker_of_another_name_is_refused(ours: Authority) -> None:
    context = tls_context(ours.issue("cargo-1"))
    with pytest.raises(ssl.SSLCertVerificationError, match=BROKER):
        seen_by_broker(context, broker_context(ours.issue("other.example")))


def test_no_tls_before_1_2_is_spoken(ours: Authority) -> None:
    assert tls_context(ours.issue("cargo-1")).minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("lost", ["ca", "certificate", "key"])
def test_files_that_are_missing_or_no_pem_raise_what_a_connection_reports(
    ours: Authority, lost: str
) -> None:
    files = ours.issue("cargo-1")
    Path(getattr(files, lost)).write_bytes(b"no PEM")
    with pytest.raises(OSError):  # noqa: PT011 - OpenSSL's words differ from edition to edition
        tls_context(files)
    Path(getattr(files, lost)).unlink()
    with pytest.raises(FileNotFoundError):
        tls_context(files)
