"""Self-signed certificates for ACM imports, dated by the clock of the lab server's caller."""

from __future__ import annotations

import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

# The seed sets this when the lab's clock is held still.
NOW: datetime.datetime | None = None


@functools.cache
def self_signed(name: str, bits: int, days: int) -> tuple[bytes, bytes]:
    """A certificate that ends in `days` days, and its key, both as PEM."""
    now = (NOW or datetime.datetime.now(datetime.timezone.utc)).replace(microsecond=0)
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1000 + bits)
    builder = builder.not_valid_before(now - datetime.timedelta(days=60)).not_valid_after(now + datetime.timedelta(days=days))
    signed = builder.sign(key, hashes.SHA256())
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return signed.public_bytes(serialization.Encoding.PEM), secret
