"""Two ICE agents of aioice that may only use relayed candidates: usage: agents.py HOST PORT TRANSPORT USER PASSWORD.

Prints the types of the candidates of each, then what each received.
"""

import asyncio
import sys

from aioice import Connection, TransportPolicy

host, port, transport, user, password = sys.argv[1:]


def agent(controlling):
    return Connection(
        ice_controlling=controlling,
        turn_server=(host, int(port)),
        turn_username=user,
        turn_password=password,
        turn_transport=transport,
        transport_policy=TransportPolicy.RELAY,
    )


async def introduce(one, other):
    for candidate in one.local_candidates:
        await other.add_remote_candidate(candidate)
    await other.add_remote_candidate(None)
    other.remote_username = one.local_username
    other.remote_password = one.local_password


async def main():
    caller, callee = agent(True), agent(False)
    await asyncio.gather(caller.gather_candidates(), callee.gather_candidates())
    for one in (caller, callee):
        print("candidates:", *(candidate.type for candidate in one.local_candidates))
    await introduce(caller, callee)
    await introduce(callee, caller)
    await asyncio.gather(caller.connect(), callee.connect())
    await caller.send(b"question")
    print("callee received:", (await callee.recv()).decode())
    await callee.send(b"answer")
    print("caller received:", (await caller.recv()).decode())
    await asyncio.gather(caller.close(), callee.close())


asyncio.run(asyncio.wait_for(main(), 20))
