//! `tls.expires`, asked of servers whose certificates the test makes.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::value::Value;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::world::{World, args, int, probe, said, text};

const OLD: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

/// A server for one connection, with a certificate for `name` until the given day. Gives its port.
fn server(name: &str, until: (i32, u8, u8), wants_ours: bool) -> u16 {
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(1999, 1, 1);
    params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let chain = vec![certificate.der().clone()];
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // With TLS 1.2 a server that wants a certificate of the client refuses before the handshake has ended.
    let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(if wants_ours { OLD } else { rustls::ALL_VERSIONS })
        .unwrap();
    let config = if wants_ours {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(chain[0].clone()).unwrap();
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        config.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        config.with_no_client_auth()
    };
    let config = Arc::new(config.with_single_cert(chain, private).unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(config).unwrap();
        while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
    });
    port
}

fn expires(world: &World, host: &str, port: u16) -> Result<Value, rbk::catalogue::error::Error> {
    world.ask("tls.expires", &[("host", text(host)), ("port", int(port.into()))])
}

#[test]
fn a_certificate_tells_its_end_whether_it_is_trusted_or_not() {
    let world = World::new();
    let day = |text: &str| Value::Time(text.parse().unwrap());
    let good = server("localhost", (2049, 3, 1), false);
    assert_eq!(expires(&world, "localhost", good).unwrap(), day("2049-03-01T00:00:00Z"));
    // Behind 2049 the time has another form in the certificate.
    let far = server("localhost", (2126, 3, 1), false);
    assert_eq!(expires(&world, "127.0.0.1", far).unwrap(), day("2126-03-01T00:00:00Z"));
    let expired = server("another.example.org", (2001, 2, 3), false);
    assert_eq!(expires(&world, "localhost", expired).unwrap(), day("2001-02-03T00:00:00Z"));
    let strict = server("localhost", (2049, 3, 1), true);
    assert_eq!(expires(&world, "localhost", strict).unwrap(), day("2049-03-01T00:00:00Z"));
}

#[test]
fn what_speaks_no_tls_says_so() {
    let world = World::new();
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let error = expires(&world, "127.0.0.1", closed).unwrap_err();
    assert!(error.what.starts_with(&format!("cannot connect to 127.0.0.1:{closed}")), "{}", said(&error));
    let plain = crate::support::Server::start();
    let error = expires(&world, "127.0.0.1", plain.port()).unwrap_err();
    assert!(said(&error).contains("showed no certificate") && said(&error).contains("speak TLS"), "{}", said(&error));
    for (host, port) in [("https://localhost", 443), ("localhost", 0), ("localhost", 70_000)] {
        let probe = probe("tls.expires");
        let args = args(probe.signature(), &[("host", text(host)), ("port", int(port))]);
        assert_eq!(probe.complains(&args).expect("it is no place").kind, ErrorKind::Value);
    }
}
