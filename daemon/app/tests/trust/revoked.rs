//! What a stolen key can still do after its revocation: nothing, at whatever sequence it writes.
