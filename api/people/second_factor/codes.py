"""One-time codes by the clock (RFC 6238): a new one every 30 seconds, and none is accepted twice."""

import hmac
from typing import Final

from models import now

EVERY: Final = 30
DIGITS: Final = 6
# A code counts for half a minute before and after its own: phones' clocks are not exact (RFC 6238, section 5.2).
_AROUND: Final = (-1, 0, 1)


def new_secret() -> str:
    """160 random bits in base32, as the apps read them (RFC 4226, section 4)."""
    import pyotp

    return pyotp.random_base32()


def address_of(secret: str, *, email: str, service: str) -> str:
    """The address that an app reads from the square of dots: the secret, and what to call it."""
    import pyotp

    return pyotp.TOTP(secret, digits=DIGITS, interval=EVERY).provisioning_uri(name=email, issuer_name=service)


def as_image(address: str) -> str:
    """The address as a QR code, as the address of an image."""
    import segno

    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#ffffff"))


def step_of(secret: str, code: str, *, last_step: int) -> int | None:
    """The number of the half minute for which this code is right; None if it is wrong, or no later than `last_step`.

    A last step in the future was used before the clock was put back, and refuses nothing.
    """
    import pyotp

    typed = "".join(code.split())
    if len(typed) != DIGITS or not typed.isascii() or not typed.isdecimal() or not secret:
        return None
    generator = pyotp.TOTP(secret, digits=DIGITS, interval=EVERY)
    present = int(now().timestamp()) // EVERY
    spent = last_step if last_step <= present + max(_AROUND) else 0
    for step in (present + around for around in _AROUND):
        # TOTP is HOTP of the number of the step.
        if hmac.compare_digest(generator.generate_otp(step), typed) and step > spent:
            return step
    return None
