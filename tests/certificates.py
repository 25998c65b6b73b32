"""Certificates for tests of TLS: an authority of our own, and one node's certificate signed by it."""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def make_certificates(folder: Path, *, addresses: Sequence[str]) -> dict[str, str]:
    """Write an authority and a certificate for `addresses` to `folder`; return the variables that name them."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("QUBIX test authority", authority_key, issuer="QUBIX test authority", signer=authority_key)
    node = _certificate(addresses[0], key, issuer="QUBIX test authority", signer=authority_key, addresses=addresses)
    files = {
        "RAY_TLS_CA_CERT": ("ca.crt", authority.public_bytes(serialization.Encoding.PEM)),
        "RAY_TLS_SERVER_CERT": ("node.crt", node.public_bytes(serialization.Encoding.PEM)),
        "RAY_TLS_SERVER_KEY": (
            "node.key",
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        ),
    }
    for name, content in files.values():
        (folder / name).touch(0o600)
        (folder / name).write_bytes(content)
    named = {variable: str(folder / name) for variable, (name, _) in files.items()}
    return {"RAY_USE_TLS": "1", "QUBIX_CA_FILE": named["RAY_TLS_CA_CERT"]} | named


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    addresses: Sequence[str] = (),
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not addresses, path_length=None), critical=True)
    )
    if addresses:
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(uses, critical=False)
    return builder.sign(signer, hashes.SHA256())
