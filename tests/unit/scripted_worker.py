"""A worker process that answers each arming by a script: what the real one says, at a set time.

Run with the script as JSON (scan id to what is said when it is to be armed) and its socket.
"""

import asyncio
import json
import socket
import sys

from edge import ipc

Script = dict[str, list[str]]


def said(word: str) -> ipc.Message:
    """``armed N`` or ``failed N DETAIL`` as a message."""
    kind, scan_id, *detail = word.split(" ", 2)
    if kind == "armed":
        return ipc.Armed(int(scan_id))
    assert kind == "failed", word
    return ipc.ScanFailed(int(scan_id), detail[0])


async def work(script: Script, end: socket.socket) -> None:
    """Answer until control hangs up or the script says ``die``."""
    channel = await ipc.Channel.over(end)
    while (message := await channel.receive()) is not None:
        if isinstance(message, ipc.Configure):
            channel.send(ipc.Ready("none"))
        elif isinstance(message, ipc.Ping):
            channel.send(ipc.Pong(message.number, detector=True, calibrated=True, detail=""))
        elif isinstance(message, ipc.Arm):
            for word in script[str(message.scan_id)]:
                if word == "die":
                    return
                channel.send(said(word))
    await channel.close()


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))))
