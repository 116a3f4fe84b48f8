//! Certificates and requests as text.
//!
//! Invariant: text from outside is bounded before it is read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer, pem::PemObject as _};

use crate::chain::CHAIN_CERTS_MAX;

/// Largest PEM text read: a full chain of P-256 certificates has about 8 KiB, this leaves room for larger keys.
pub(crate) const PEM_BYTES_MAX: usize = 64 * 1024;
/// Characters on one line (RFC 7468 §2).
const LINE_CHARS: usize = 64;

/// Writes one PEM block.
pub(crate) fn block(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE_CHARS));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// Writes a chain in its order.
pub(crate) fn chain_text(chain: &[CertificateDer<'_>]) -> String {
    chain.iter().map(|certificate| block("CERTIFICATE", certificate)).collect()
}

/// Reads a chain of at least one certificate.
pub(crate) fn chain_of(text: &str) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    if text.len() > PEM_BYTES_MAX {
        return Err("it is too long for a certificate chain");
    }
    let mut chain = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        chain.push(certificate.map_err(|_| "it is not PEM text")?);
        if chain.len() > CHAIN_CERTS_MAX {
            return Err("it holds too many certificates");
        }
    }
    if chain.is_empty() { Err("it holds no certificate") } else { Ok(chain) }
}

/// Reads the first certificate request.
pub(crate) fn request_of(text: &str) -> Result<CertificateSigningRequestDer<'static>, &'static str> {
    if text.len() > PEM_BYTES_MAX {
        return Err("it is too long");
    }
    CertificateSigningRequestDer::from_pem_slice(text.as_bytes()).map_err(|_| "it is not PEM text of a request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_read_back_and_rubbish_is_refused() {
        let chain = [CertificateDer::from(vec![7; 100]), CertificateDer::from(vec![9; 48])];
        assert_eq!(chain_of(&chain_text(&chain)).as_deref(), Ok(chain.as_slice()));
        let long = chain_text(&vec![CertificateDer::from(vec![1]); CHAIN_CERTS_MAX + 1]);
        for bad in ["", "hello", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", &long] {
            assert!(chain_of(bad).is_err(), "{bad}");
        }
        assert!(chain_of(&" ".repeat(PEM_BYTES_MAX + 1)).is_err());
    }
}
