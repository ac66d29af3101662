//! `tls.expires`: until when the certificate of a server is valid.
//!
//! The certificate is looked at and not trusted: one that has expired, or is for another name, is what is asked about.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::network::{Bounded, bounded};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Expires)]
}

static EXPIRES: Signature = Signature {
    name: "tls.expires",
    role: Role::Probe,
    params: &[
        Parameter {
            name: "host",
            ty: "string",
            form: Form::Positional,
            doc: "the name or address of a server, without a scheme",
        },
        Parameter { name: "port", ty: "int", form: Form::Optional, doc: "443 unless said" },
    ],
    returns: Returns::Type("time"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "until when the certificate of a server is valid",
    page: "probes/tls.expires.md",
};

/// A server that has not said hello by then does not.
const LIMIT: Duration = Duration::from_secs(10);

struct Expires;

impl Probe for Expires {
    fn signature(&self) -> &'static Signature {
        &EXPIRES
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        let host = args.get("host").and_then(|_| server(args).err());
        host.or_else(|| port(args).err())
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let (host, port, name) = (args.text("host")?, port(args)?, server(args)?);
        match bounded(look.cancel(), LIMIT, certificate(host, port, name))? {
            Bounded::Done(certificate) => expiry(&certificate?, host).map(Value::Time),
            Bounded::TimedOut(_) => {
                Err(Error::new(ErrorKind::TimedOut, format!("{host}:{port} showed no certificate in time"))
                    .hint("does it speak TLS there, from the first byte on?"))
            }
        }
    }
}

fn port(args: &Args) -> Result<u16> {
    match args.int("port") {
        None => Ok(443),
        Some(port) => u16::try_from(port).ok().filter(|port| *port != 0).ok_or_else(|| {
            Error::new(ErrorKind::Value, format!("`{port}` is no port"))
                .hint("ports are 1 to 65535; 443 is that of https")
        }),
    }
}

fn server(args: &Args) -> Result<ServerName<'static>> {
    let host = args.text("host")?;
    ServerName::try_from(host.to_owned()).map_err(|_| {
        Error::new(ErrorKind::Value, format!("`{host}` is not the name of a server"))
            .hint("for example `www.example.org`, without a scheme; the port goes into `port:`")
    })
}

/// The server's own certificate.
async fn certificate(host: &str, port: u16, name: ServerName<'static>) -> Result<CertificateDer<'static>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let seen = Arc::new(Seen { certificate: Mutex::new(None), provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("TLS cannot be spoken: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&seen) as _)
        .with_no_client_auth();
    let stream = connect(host, port).await?;
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    // A server that wants a certificate of ours ends the handshake after it has shown its own.
    let certificate = seen.certificate.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (certificate, shaken) {
        (Some(certificate), _) => Ok(certificate),
        (None, Err(error)) => Err(Error::failed(format!("{host}:{port} showed no certificate: {error}"))
            .hint("does it speak TLS there, from the first byte on?")),
        (None, Ok(_)) => Err(Error::failed(format!("{host}:{port} showed no certificate"))),
    }
}

/// The first of its addresses that accepts.
async fn connect(host: &str, port: u16) -> Result<TcpStream> {
    let addresses = lookup_host((host, port)).await.map_err(|source| {
        Error::failed(format!("no address for host `{host}`: {source}")).hint("check the name and the machine's DNS")
    })?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    let why = last.map_or_else(|| "it has no address".to_owned(), |error| error.to_string());
    Err(Error::failed(format!("cannot connect to {host}:{port}: {why}"))
        .hint("is the service running, and on this port?"))
}

fn expiry(certificate: &CertificateDer<'_>, host: &str) -> Result<Timestamp> {
    let read = Certificate::from_der(certificate)
        .map_err(|error| Error::failed(format!("the certificate of {host} cannot be read: {error}")))?;
    let until = read.tbs_certificate.validity.not_after.to_unix_duration();
    // `99991231235959Z`, which means never, lies behind the last time there is.
    Ok(i64::try_from(until.as_secs()).ok().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or(Timestamp::MAX))
}

/// Keeps the certificate that is shown, whatever it is.
#[derive(Debug)]
struct Seen {
    certificate: Mutex<Option<CertificateDer<'static>>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.clone().into_owned());
        Ok(ServerCertVerified::assertion())
    }

    // Nothing is sent over the connection, and nothing that comes is believed but what is asked about.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
