"""An asyncua client and server that talk over every security policy with RSA, signed and encrypted, on the loopback.

    secure.py KEYLOG           runs the exchange (about 25 s); writes the keys of each channel to KEYLOG in the form
                               that Wireshark reads, and prints what the client wrote, read and called as JSON
    secure.py --brief KEYLOG   one policy, and no message of more than one chunk

Exit status 77 says that this machine cannot run it. The test that calls it captures the loopback meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path

CANNOT_RUN_HERE = 77
PORT = 4840
URI = "urn:tapglass:test:secure"
# The client renews its token after 75 % of this, so that each channel has two.
LIFETIME_MS = 3_000

try:
    from asyncua import Client, Server, ua, uamethod
    from asyncua.common.connection import SecureConnection
    from asyncua.crypto import security_policies as policies
    from asyncua.crypto.cert_gen import setup_self_signed_certificate
    from cryptography.x509.oid import ExtendedKeyUsageOID
except ImportError as error:
    print(f"{error}; run tests/peers/install.sh", file=sys.stderr)
    sys.exit(CANNOT_RUN_HERE)

POLICIES = {
    "Basic128Rsa15": policies.SecurityPolicyBasic128Rsa15,
    "Basic256": policies.SecurityPolicyBasic256,
    "Basic256Sha256": policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": policies.SecurityPolicyAes256Sha256RsaPss,
}


def log_keys(path: Path) -> None:
    """Makes every connection of a client append its keys to a file whenever it gets new ones."""

    def append(connection: SecureConnection) -> None:
        crypto = connection.security_policy.symmetric_cryptography
        if not hasattr(getattr(crypto, "Encryptor", None), "cipher"):
            return
        token = connection.security_token
        lines = []
        for side, cipher, size in (
            ("client", crypto.Encryptor.cipher, crypto.signature_size()),
            ("server", crypto.Decryptor.cipher, crypto.vsignature_size()),
        ):
            end = f"{token.ChannelId}_{token.TokenId}"
            lines.append(f"{side}_iv_{end}: {cipher.mode.initialization_vector.hex().upper()}\n")
            lines.append(f"{side}_key_{end}: {cipher.algorithm.key.hex().upper()}\n")
            lines.append(f"{side}_siglen_{end}: {size}\n")
        with path.open("a") as log:
            log.writelines(lines)

    issued, renewed = SecureConnection.set_channel, SecureConnection.revolve_tokens

    def set_channel(self, params, request_type, client_nonce):
        issued(self, params, request_type, client_nonce)
        self.is_client = True
        if request_type == ua.SecurityTokenRequestType.Issue:
            append(self)

    def revolve_tokens(self):
        renewed(self)
        if getattr(self, "is_client", False):
            append(self)

    SecureConnection.set_channel = set_channel
    SecureConnection.revolve_tokens = revolve_tokens


async def certificate(folder: Path, name: str) -> tuple[str, str]:
    """A certificate that vouches for itself, and its key."""
    key, file = folder / f"{name}_key.pem", folder / f"{name}.der"
    use = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    names = {"countryName": "DE", "organizationName": "Tapglass test", "commonName": name}
    await setup_self_signed_certificate(key, file, f"{URI}:{name}", name, use, names)
    return str(file), str(key)


@uamethod
def reset(_parent, number, reason):
    """The method that clients call."""
    return number + 1, f"reset: {reason}"


async def serve(folder: Path) -> Server:
    """A server with every policy, signed and encrypted."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{PORT}/")
    await server.set_application_uri(f"{URI}:server")
    file, key = await certificate(folder, "server")
    await server.load_certificate(file)
    await server.load_private_key(key)
    server.set_security_policy(
        [ua.SecurityPolicyType.NoSecurity]
        + [
            kind
            for kind in ua.SecurityPolicyType
            if kind.name.startswith(("Basic", "Aes")) and kind.name.endswith(("_Sign", "_SignAndEncrypt"))
        ]
    )
    namespace = await server.register_namespace(URI)
    boiler = await server.nodes.objects.add_object(ua.NodeId("Boiler", namespace), "Boiler")
    for name, value in (
        ("Setpoint", 185.0),
        ("Recipe", "A"),
        ("Enabled", False),
        ("Profile", [0.0] * 30_000),
    ):
        variable = await boiler.add_variable(ua.NodeId(f"Boiler.{name}", namespace), name, value)
        await variable.set_writable()
    types = [ua.VariantType.Int32, ua.VariantType.String]
    await boiler.add_method(ua.NodeId("Boiler.Reset", namespace), "Reset", reset, types, types)
    return server


class Said:
    """What a client did, in order."""

    def __init__(self, policy: str, mode: str):
        self.record = {"policy": policy, "mode": mode, "writes": [], "reads": [], "calls": [], "changes": []}
        self.namespace = 0

    def datachange_notification(self, node, value, _data):
        """A value that was published."""
        self.record["changes"].append([node.nodeid.to_string(), value])


async def exchange(folder: Path, name: str, mode: ua.MessageSecurityMode, number: int, brief: bool) -> dict:
    """One client on one channel."""
    said = Said(name, mode.name.rstrip("_"))
    client = Client(f"opc.tcp://127.0.0.1:{PORT}/", timeout=10)
    client.application_uri = f"{URI}:client"
    client.secure_channel_timeout = LIFETIME_MS
    file, key = await certificate(folder, "client")
    await client.set_security(POLICIES[name], certificate=file, private_key=key, mode=mode)
    async with client:
        namespace = await client.get_namespace_index(URI)

        def node(of: str):
            return client.get_node(ua.NodeId(f"Boiler.{of}", namespace))

        async def write(of: str, value) -> None:
            await node(of).write_value(value)
            said.record["writes"].append([node(of).nodeid.to_string(), value])

        async def read(of: str) -> None:
            said.record["reads"].append([node(of).nodeid.to_string(), await node(of).read_value()])

        # Lengths differ, so that every length of padding comes up.
        for length in range(0, 34):
            await write("Recipe", "x" * length)
        await write("Setpoint", 180.0 + number)
        await write("Enabled", True)
        await read("Setpoint")
        await read("Recipe")
        subscription = await client.create_subscription(50, said)
        await subscription.subscribe_data_change(node("Setpoint"))
        await asyncio.sleep(LIFETIME_MS / 1000 + 0.3)
        # Under the second token; in more than one chunk each.
        if not brief:
            await write("Profile", [number + place / 4 for place in range(30_000)])
            await read("Profile")
        await write("Setpoint", 200.0 + number)
        await asyncio.sleep(0.3)
        await subscription.delete()
        boiler = client.get_node(ua.NodeId("Boiler", namespace))
        arguments = [ua.Variant(number, ua.VariantType.Int32), ua.Variant("test", ua.VariantType.String)]
        results = await boiler.call_method(ua.NodeId("Boiler.Reset", namespace), *arguments)
        said.record["calls"].append([[number, "test"], results])
    return said.record


async def main(path: Path, brief: bool) -> None:
    """Serves, and lets a client of each policy talk, one after the other."""
    logging.disable(logging.CRITICAL)
    log_keys(path)
    with tempfile.TemporaryDirectory() as folder:
        # All at once would write over each other's values.
        async with await serve(Path(folder)):
            encrypt, sign = ua.MessageSecurityMode.SignAndEncrypt, ua.MessageSecurityMode.Sign
            turns = [("Basic256Sha256", encrypt)]
            if not brief:
                turns = [(name, encrypt) for name in POLICIES] + [("Basic256Sha256", sign)]
            said = [
                await exchange(Path(folder), name, mode, number, brief) for number, (name, mode) in enumerate(turns)
            ]
    print(json.dumps(said))


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--brief"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    asyncio.run(main(Path(arguments[0]), "--brief" in sys.argv))
