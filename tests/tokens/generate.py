#!/usr/bin/env python3
"""Makes the keys and tokens that the tests of verified mode use, in the directory of this file.

Needs Python 3.9 and openssl 3; nothing else. Every run makes new keys and forgets the private
halves, so a run replaces everything at once. The files are committed: tests run without this.

As a module it makes keys and tokens for tests of your own:

    from generate import Key, token
    key = Key.new("EC", "my-key")
    print(json.dumps({"keys": [key.jwk()]}))
    print(token(key, "ES256", {"sub": "...", "exp": 4102444800}))
"""

import base64
import hmac
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SUB = "00000000-0000-4000-8000-00000000000a"
# 2100-01-01 and 2000-01-01: far from any day on which the tests run.
LATE, EARLY = 4102444800, 946684800


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr.decode())
    return done.stdout


def with_file(data, use):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return use(file.name)


class Key:
    """A key pair, or a secret, with the name it has in a JWK set."""

    KINDS = {
        "RSA": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
        "RSA1024": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
        "EC": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "EC384": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
        "OKP": ("-algorithm", "ED25519"),
    }

    def __init__(self, kind, kid, secret):
        self.kind, self.kid, self.secret = kind, kid, secret

    @classmethod
    def new(cls, kind, kid, size=64):
        secret = os.urandom(size) if kind == "oct" else openssl("genpkey", *cls.KINDS[kind])
        return cls(kind, kid, secret)

    def der(self):
        """The public half as SubjectPublicKeyInfo."""
        return openssl("pkey", "-pubout", "-outform", "DER", data=self.secret)

    def jwk(self, **more):
        """The entry of a JWK set: the public half, or the secret itself."""
        named = {"kid": self.kid} if self.kid is not None else {}
        if self.kind == "oct":
            key = {"kty": "oct", "k": b64(self.secret)}
        elif self.kind == "OKP":
            key = {"kty": "OKP", "crv": "Ed25519", "x": b64(self.der()[-32:])}
        elif self.kind.startswith("EC"):
            size = 48 if self.kind == "EC384" else 32
            x, y = self.der()[-2 * size : -size], self.der()[-size:]
            curve = "P-384" if self.kind == "EC384" else "P-256"
            key = {"kty": "EC", "crv": curve, "x": b64(x), "y": b64(y)}
        else:
            modulus = openssl("rsa", "-pubin", "-inform", "DER", "-modulus", "-noout", data=self.der())
            n = bytes.fromhex(modulus.decode().strip().split("=")[1])
            key = {"kty": "RSA", "n": b64(n), "e": "AQAB"}
        return {**key, **named, **more}

    def sign(self, alg, message):
        """The signature in the form that JWS wants."""
        bits = alg[2:]
        if alg.startswith("HS"):
            secret = self.secret if self.kind == "oct" else self.der()
            return hmac.new(secret, message, "sha" + bits).digest()
        if alg == "EdDSA":
            return with_file(self.secret, lambda key: with_file(message, lambda text: openssl(
                "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", text)))
        pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest")
        made = with_file(self.secret, lambda key: openssl(
            "dgst", "-sha" + bits, "-sign", key, *(pss if alg.startswith("PS") else ()), data=message))
        return raw(made, int(bits) // 8) if alg.startswith("ES") else made


def raw(der, size):
    """An ECDSA signature: openssl's two DER integers as two numbers of fixed size."""
    numbers, rest = [], der[2:]
    while rest:
        length = rest[1]
        numbers.append(int.from_bytes(rest[2 : 2 + length], "big").to_bytes(size, "big"))
        rest = rest[2 + length :]
    return b"".join(numbers)


def token(key, alg, claims, header=None, **more):
    """A token; `claims` and `header` are objects, or the text that is to stand for one."""
    if header is None:
        header = {"alg": alg, "typ": "JWT", **({"kid": key.kid} if key.kid else {}), **more}
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
    message = ".".join(b64(part.encode()) for part in parts).encode()
    return message.decode() + "." + b64(key.sign(alg, message))


def main():
    ed, ec, ec384 = Key.new("OKP", "ed"), Key.new("EC", "ec"), Key.new("EC384", "ec384")
    rsa, small = Key.new("RSA", "rsa"), Key.new("RSA1024", "small")
    old, secret, short = Key.new("EC", "old"), Key.new("oct", "secret"), Key.new("oct", "short", 31)
    stranger = Key.new("EC", "ec")
    claims = {
        "sub": SUB, "role": "authenticated", "iss": "https://issuer.example", "aud": "app",
        "iat": EARLY, "exp": LATE,
    }
    without = lambda name: {key: value for key, value in claims.items() if key != name}
    ec_token = lambda payload, **more: token(ec, "ES256", payload, **more)
    off_curve = {**ec.jwk(), "y": b64(bytes(31) + b"\1")}

    good = [key.jwk() for key in (ed, ec, ec384, rsa)]
    sets = {
        "jwks": good,
        "secret": [secret.jwk()],
        "one": [ec.jwk()],
        "two": [ec.jwk(), old.jwk()],
        "nameless": [Key("EC", None, ec.secret).jwk()],
        "rsa256": [rsa.jwk(alg="RS256", use="sig")],
        "small": good + [small.jwk()],
        "short": [short.jwk()],
        "off_curve": [off_curve],
    }
    nested = lambda depth: "[" * depth + "]" * depth
    text = json.dumps(claims)
    tokens = {
        "eddsa": token(ed, "EdDSA", claims), "es256": ec_token(claims),
        "es384": token(ec384, "ES384", claims),
        "rs256": token(rsa, "RS256", claims), "rs384": token(rsa, "RS384", claims),
        "rs512": token(rsa, "RS512", claims), "ps256": token(rsa, "PS256", claims),
        "hs256": token(secret, "HS256", claims), "hs384": token(secret, "HS384", claims),
        "hs512": token(secret, "HS512", claims),
        # Attacks on the signature and on the choice of the key.
        "stranger": token(stranger, "ES256", claims),
        "stranger_jwk": token(stranger, "ES256", claims, jwk=stranger.jwk(), jku="https://evil.example"),
        "rsa_as_secret": token(rsa, "HS256", claims),
        "ps384": token(rsa, "PS384", claims, {"alg": "PS384", "kid": "rsa"}),
        "unknown_kid": ec_token(claims, kid="nobody"),
        "kid_of_other_type": ec_token(claims, kid="rsa"),
        "kid_number": ec_token(claims, kid=1),
        "no_kid": ec_token(claims, header={"alg": "ES256"}),
        "crit": ec_token(claims, crit=["exp"]), "crit_empty": ec_token(claims, crit=[]),
        "b64": ec_token(claims, b64=False), "zip": ec_token(claims, zip="DEF"),
        "alg_twice": ec_token(claims, header='{"alg":"none","kid":"ec","alg":"ES256"}'),
        "alg_missing": ec_token(claims, header={"kid": "ec"}),
        "alg_case": ec_token(claims, header={"alg": "es256", "kid": "ec"}),
        "header_array": ec_token(claims, header="[]"),
        # Attacks on the claims.
        "no_exp": ec_token(without("exp")), "no_iss": ec_token(without("iss")),
        "no_aud": ec_token(without("aud")), "no_iat": ec_token(without("iat")),
        "no_sub": ec_token(without("sub")),
        "expired": ec_token({**claims, "exp": EARLY + 60}),
        "early": ec_token({**claims, "nbf": LATE - 60}),
        "exp_text": ec_token({**claims, "exp": str(LATE)}),
        "exp_null": ec_token({**claims, "exp": None}),
        "exp_huge": ec_token(text.replace(str(LATE), "1e400")),
        "exp_fraction": ec_token({**claims, "exp": LATE + 0.5}),
        "exp_twice": ec_token(text[:-1] + ', "exp": %d}' % (LATE + 1)),
        "nbf_text": ec_token({**claims, "nbf": "0"}),
        "iss_array": ec_token({**claims, "iss": ["https://issuer.example"]}),
        "iss_slash": ec_token({**claims, "iss": "https://issuer.example/"}),
        "aud_array": ec_token({**claims, "aud": ["other", "app"]}),
        "aud_other": ec_token({**claims, "aud": "apps"}),
        "aud_mixed": ec_token({**claims, "aud": ["app", 1]}),
        "aud_empty": ec_token({**claims, "aud": []}),
        "day": ec_token({**claims, "iat": LATE - 86400}),
        "payload_array": ec_token("[]"), "payload_null": ec_token("null"),
        "payload_text": ec_token("alice"),
        "payload_nul": ec_token(text[:-1] + ', "x": "\\u0000"}'),
        "payload_surrogate": ec_token(text[:-1] + ', "x": "\\ud800"}'),
        "payload_deep": ec_token(text[:-1] + ', "x": ' + nested(128) + "}"),
        "payload_128": ec_token(text[:-1] + ', "x": ' + nested(127) + "}"),
        "payload_number": ec_token(text[:-1] + ', "x": 12345678901234567890.10}'),
        "sub_text": ec_token({**claims, "sub": "alice"}),
        "old": token(old, "ES256", claims),
        "nameless": token(Key("EC", None, ec.secret), "ES256", claims),
        # Two people, for clients that share a connection.
        "pooled0": ec_token({**claims, "sub": SUB[:-2] + "a0"}),
        "pooled1": ec_token({**claims, "sub": SUB[:-2] + "a1"}),
        "long": ec_token({**claims, "x": "x" * 13000}),
    }
    for name, keys in sets.items():
        with open(os.path.join(HERE, name + ".json"), "w") as file:
            file.write(json.dumps({"keys": keys}) + "\n")
    with open(os.path.join(HERE, "tokens.txt"), "w") as file:
        for name, made in tokens.items():
            file.write(f"{name} {made}\n")


if __name__ == "__main__":
    main()
