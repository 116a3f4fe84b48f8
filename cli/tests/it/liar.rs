//! A node that answers every call of the admin API with texts made to hurt, whatever is asked.
//!
//! Invariant: made from the descriptors, so that a new call or field lies too; every text of an answer is [`HOSTILE`].

use std::{
    collections::BTreeMap,
    convert::Infallible,
    path::Path,
    sync::Arc,
    task::{Context, Poll},
};

use gongkai_proto::{ADMIN_SOCKET, DESCRIPTORS, metadata};
use prost::{Message as _, bytes::BufMut as _};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use tokio::{net::UnixListener, task::JoinHandle};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::{BoxFuture, Service, http},
    metadata::MetadataValue,
    server::{Grpc, NamedService, StreamingService},
    transport::Server,
};

/// Sets a title, clears the screen, goes back to the line's beginning, colours by a C1 control, turns the order of
/// reading, hides, and begins a line of its own with [`FORGED`].
pub(crate) const HOSTILE: &str = "甲\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{9b}31m\u{202e}乙\u{2066}\u{200b}\u{feff}\u{ad}\u{2028}\u{2029}\u{e0041}\u{7f}\nFORGED\t丙\r\nFORGED";
/// What a forged line would begin with.
pub(crate) const FORGED: &str = "FORGED";

/// Deeper messages are left empty.
const DEPTH_MAX: usize = 6;

/// What the node does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Answers with full messages.
    Answers,
    /// Refuses with a message and a hint.
    Refuses,
}

/// All messages, and each call's answer.
struct Lies {
    manner: Manner,
    messages: BTreeMap<String, DescriptorProto>,
    answers: BTreeMap<String, String>,
}

impl Lies {
    fn new(manner: Manner) -> Self {
        let descriptors = FileDescriptorSet::decode(DESCRIPTORS).expect("our own descriptors");
        let mut lies = Self { manner, messages: BTreeMap::new(), answers: BTreeMap::new() };
        for file in &descriptors.file {
            for message in &file.message_type {
                lies.learn(&format!(".{}", file.package()), message);
            }
            for service in &file.service {
                for call in &service.method {
                    let path = format!("/{}.{}/{}", file.package(), service.name(), call.name());
                    lies.answers.insert(path, call.output_type().to_owned());
                }
            }
        }
        lies
    }

    fn learn(&mut self, above: &str, message: &DescriptorProto) {
        let name = format!("{above}.{}", message.name());
        for nested in &message.nested_type {
            self.learn(&name, nested);
        }
        self.messages.insert(name, message.clone());
    }

    /// A message with every field filled, on the wire.
    fn filled(&self, name: &str, depth: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in self.messages.get(name).into_iter().flat_map(|message| &message.field) {
            let count = if field.label() == Label::Repeated { 2 } else { 1 };
            (0..count).for_each(|_| self.put(field, depth, &mut bytes));
        }
        bytes
    }

    fn put(&self, field: &FieldDescriptorProto, depth: usize, bytes: &mut Vec<u8>) {
        let number = u64::from(field.number().unsigned_abs()) << 3;
        let put_long = |value: &[u8], bytes: &mut Vec<u8>| {
            prost::encoding::encode_varint(number | 2, bytes);
            prost::encoding::encode_varint(value.len() as u64, bytes);
            bytes.extend_from_slice(value);
        };
        match field.r#type() {
            Type::String => put_long(HOSTILE.as_bytes(), bytes),
            Type::Bytes => put_long(b"bytes", bytes),
            Type::Message if depth < DEPTH_MAX => {
                put_long(&self.filled(field.type_name(), depth + 1), bytes);
            }
            Type::Message | Type::Group => {}
            Type::Double | Type::Fixed64 | Type::Sfixed64 => {
                prost::encoding::encode_varint(number | 1, bytes);
                bytes.put_u64_le(1);
            }
            Type::Float | Type::Fixed32 | Type::Sfixed32 => {
                prost::encoding::encode_varint(number | 5, bytes);
                bytes.put_u32_le(1);
            }
            Type::Int32
            | Type::Int64
            | Type::Uint32
            | Type::Uint64
            | Type::Sint32
            | Type::Sint64
            | Type::Bool
            | Type::Enum => {
                prost::encoding::encode_varint(number, bytes);
                bytes.push(1);
            }
        }
    }
}

/// Bytes as they are.
#[derive(Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        use prost::bytes::Buf as _;
        from.advance(from.remaining());
        Ok(Some(()))
    }
}

struct Call(Result<Vec<u8>, Status>);

impl StreamingService<()> for Call {
    type Response = Vec<u8>;
    type ResponseStream = tokio_stream::Once<Result<Vec<u8>, Status>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Streaming<()>>) -> Self::Future {
        let answer = self.0.clone();
        Box::pin(async move {
            // What a client streams is heard to its end, as a node does.
            let mut asked = request.into_inner();
            while asked.message().await?.is_some() {}
            Ok(Response::new(tokio_stream::once(Ok(answer?))))
        })
    }
}

impl Lies {
    fn answer(&self, path: &str) -> Result<Vec<u8>, Status> {
        if self.manner == Manner::Refuses {
            let mut status = Status::failed_precondition("refused");
            let headers = status.metadata_mut();
            headers.insert(metadata::CODE, MetadataValue::from_static("GK-APP-004"));
            headers.insert_bin(metadata::MESSAGE, MetadataValue::from_bytes(HOSTILE.as_bytes()));
            headers.insert_bin(metadata::HINT, MetadataValue::from_bytes(HOSTILE.as_bytes()));
            return Err(status);
        }
        let output = self.answers.get(path).ok_or_else(|| Status::unimplemented(path))?;
        Ok(self.filled(output, 0))
    }
}

/// One service a type, since tonic takes a service's name from its type.
macro_rules! services {
    ($($service:ident),* $(,)?) => {
        $(
            #[derive(Clone)]
            struct $service(Arc<Lies>);

            impl NamedService for $service {
                const NAME: &'static str = concat!("gongkai.admin.v1.", stringify!($service));
            }

            impl Service<http::Request<Body>> for $service {
                type Response = http::Response<Body>;
                type Error = Infallible;
                type Future = BoxFuture<Self::Response, Infallible>;

                fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                    Poll::Ready(Ok(()))
                }

                fn call(&mut self, request: http::Request<Body>) -> Self::Future {
                    let call = Call(self.0.answer(request.uri().path()));
                    Box::pin(async move { Ok(Grpc::new(Raw).streaming(call, request).await) })
                }
            }
        )*

        fn served(lies: &Arc<Lies>) -> tonic::transport::server::Router {
            let named = [$($service::NAME),*];
            for path in lies.answers.keys().filter(|path| path.starts_with("/gongkai.admin.")) {
                assert!(named.iter().any(|name| path.starts_with(&format!("/{name}/"))), "no liar serves {path}");
            }
            let mut routes = tonic::service::Routes::builder();
            $(routes.add_service($service(Arc::clone(lies)));)*
            Server::builder().add_routes(routes.routes())
        }
    };
}

services! {
    AuditService, BundleService, CatalogService, ConflictService, CustodyService, EraseService, ExplainService, NodeService, OperatorService,
    PublishService, ReviewService, RoutingService, StandardService, SyncService,
}

/// Serves in a directory until the task is dropped.
pub(crate) fn serve(data: &Path, manner: Manner) -> JoinHandle<()> {
    let listener = UnixListener::bind(data.join(ADMIN_SOCKET)).expect("a socket");
    let router = served(&Arc::new(Lies::new(manner)));
    tokio::spawn(async move {
        router.serve_with_incoming(UnixListenerStream::new(listener)).await.expect("the liar serves");
    })
}
