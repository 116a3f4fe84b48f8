//! Certificates in fewer bytes (RFC 8879): a chain repeats its names and lines, and most of an empty session is chains.
//!
//! Invariant: used where both sides offer it and only for the bytes on the way; what comes out has the length that was
//! announced, which the TLS library bounds, and is checked like any chain.

use rustls::{
    CertificateCompressionAlgorithm, ServerConfig,
    client::ClientConfig,
    compress::{CertCompressor, CertDecompressor, CompressionFailed, CompressionLevel, DecompressionFailed},
};

/// Takes a millisecond for a chain of four, once: the library keeps what it has compressed.
const LEVEL: i32 = 19;

/// zstd, as replication uses it.
#[derive(Debug)]
struct Zstd;

impl CertCompressor for Zstd {
    fn compress(&self, input: Vec<u8>, _: CompressionLevel) -> Result<Vec<u8>, CompressionFailed> {
        zstd::bulk::compress(&input, LEVEL).map_err(|_| CompressionFailed)
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zstd
    }
}

impl CertDecompressor for Zstd {
    fn decompress(&self, input: &[u8], output: &mut [u8]) -> Result<(), DecompressionFailed> {
        let written = zstd::bulk::decompress_to_buffer(input, output).map_err(|_| DecompressionFailed)?;
        if written == output.len() { Ok(()) } else { Err(DecompressionFailed) }
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zstd
    }
}

/// Offers and takes it at a port.
pub(super) fn at_server(config: &mut ServerConfig) {
    config.cert_compressors = vec![&Zstd];
    config.cert_decompressors = vec![&Zstd];
}

/// Offers and takes it when dialling.
pub(super) fn at_client(config: &mut ClientConfig) {
    config.cert_compressors = vec![&Zstd];
    config.cert_decompressors = vec![&Zstd];
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_the_announced_length_is_refused() {
        let chain = b"the same name ".repeat(100);
        let packed = Zstd.compress(chain.clone(), CompressionLevel::Amortized).unwrap();
        assert!(packed.len() * 10 < chain.len());
        let decompressed = |packed: &[u8], bytes: usize| {
            let mut out = vec![0; bytes];
            Zstd.decompress(packed, &mut out).map(|()| out)
        };
        assert_eq!(decompressed(&packed, chain.len()).unwrap(), chain);
        for (packed, bytes) in [
            (&packed[..], chain.len() - 1),
            (&packed[..], chain.len() + 1),
            (&packed[..packed.len() - 1], chain.len()),
            (&[packed.clone(), vec![7]].concat()[..], chain.len()),
            (&b"garbage"[..], 7),
            (&b""[..], 1),
        ] {
            assert!(decompressed(packed, bytes).is_err(), "{} bytes to {bytes}", packed.len());
        }
    }
}
