//! Refusals of admin calls: code, message and next step in a gRPC status.
//!
//! Invariant: the three parts stand in metadata; the status message is the code alone, because header values are
//! ASCII and headers are short.

use gongkai_proto::metadata;
use tonic::{
    Code, Status,
    metadata::{AsciiMetadataValue, MetadataValue},
};
use tracing::warn;

use crate::{Error, Told};

/// Bytes of a message or hint that go out: HTTP/2 peers take 16 KiB of headers, base64 adds a third.
const TEXT_BYTES_MAX: usize = 3 * 1024;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let told = Told::from(&error);
        if is_ours_to_mend(&error) {
            warn!(code = told.code, message = told.message, "an admin call failed");
        }
        let mut status = Self::new(grpc_code(&error), told.code.clone());
        let headers = status.metadata_mut();
        if let Ok(value) = AsciiMetadataValue::try_from(told.code.as_str()) {
            headers.insert(metadata::CODE, value);
        }
        headers.insert_bin(metadata::MESSAGE, MetadataValue::from_bytes(cut(&told.message).as_bytes()));
        headers.insert_bin(metadata::HINT, MetadataValue::from_bytes(cut(&told.hint).as_bytes()));
        status
    }
}

/// A use case's refusal as a status.
pub(super) fn refused(error: impl Into<Error>) -> Status {
    error.into().into()
}

fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// Failures of the machine, not of the request: the log shall have them too.
fn is_ours_to_mend(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(_)
            | Error::File { .. }
            | Error::App(gongkai_app::Error::Store(_) | gongkai_app::Error::Damaged { .. })
    )
}

fn grpc_code(error: &Error) -> Code {
    use gongkai_app::{CertError, Error as App};
    match error {
        Error::NoOperator { .. }
        | Error::OtherOperator { .. }
        | Error::CertificateUnknown { .. }
        | Error::App(
            App::RoleMissing { .. }
            | App::DomainNotHis { .. }
            | App::Cert(CertError::Revoked { .. } | CertError::Expired { .. }),
        ) => Code::PermissionDenied,
        Error::NoLink { .. }
        | Error::OperatorUnknown { .. }
        | Error::App(App::Cert(CertError::Unknown { .. }))
        | Error::App(App::DivisionUnknown { .. } | App::CatalogUnknown { .. } | App::NotInCatalog { .. }) => {
            Code::NotFound
        }
        Error::Bundle(_)
        | Error::BadRequest { .. }
        | Error::App(App::Id(_) | App::Sheet(_) | App::Mapping(_) | App::TextForm(_)) => Code::InvalidArgument,
        Error::NotYet { .. } => Code::Unimplemented,
        Error::SyncTimeout { .. } => Code::DeadlineExceeded,
        Error::Store(_) | Error::File { .. } | Error::App(App::Store(_) | App::Damaged { .. }) => Code::Internal,
        _ => Code::FailedPrecondition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chinese_message_is_cut_between_characters() {
        let long = "缺".repeat(5_000);
        assert!(cut(&long).len() <= TEXT_BYTES_MAX && cut(&long).ends_with('缺'));
        assert_eq!(cut("短"), "短");
    }
}
