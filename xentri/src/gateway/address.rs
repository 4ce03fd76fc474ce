//! Whose address a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

const FORWARDED: &str = "x-forwarded-for";

/// The other end of the connection. The server puts it among the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The nearest address that is no trusted proxy's: whatever stands before it anybody may have written. Of IPv6 it is the
/// network of 64 bits, for one client has all of that.
pub(super) fn client(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer =
        extensions.get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0.ip().to_canonical());
    network(forwarded(peer, headers, trusted))
}

fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    // Several headers are one list.
    let lists: Vec<_> = headers.get_all(FORWARDED).iter().filter_map(|list| list.to_str().ok()).collect();
    let mut nearest = peer;
    for entry in lists.iter().rev().flat_map(|list| list.rsplit(',')) {
        // Beyond what can't be read nothing is known.
        let Some(address) = read(entry.trim()) else { break };
        nearest = address;
        if !is_trusted(address) {
            break;
        }
    }
    nearest
}

/// Some proxies add the port.
fn read(entry: &str) -> Option<IpAddr> {
    let address = entry.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(FORWARDED, list.parse().unwrap());
        }
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client(&extensions, &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_who_is_no_trusted_proxy() {
        assert_eq!(client_of("192.0.2.1:9", &["198.51.100.7"], &[]), "192.0.2.1");
        assert_eq!(client_of("192.0.2.1:9", &["198.51.100.7"], &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(client_of("[::ffff:192.0.2.1]:9", &[], &[]), "192.0.2.1");
    }

    #[test]
    fn of_a_list_the_nearest_address_counts_that_is_no_proxys() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        let of = |forwarded: &[&str]| client_of("10.0.0.1:9", forwarded, &trusted);
        assert_eq!(of(&["6.6.6.6, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(of(&["6.6.6.6, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(of(&["6.6.6.6", "198.51.100.7:4711", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(of(&["10.0.0.3,10.0.0.2"]), "10.0.0.3");
        assert_eq!(of(&["198.51.100.7, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(of(&[]), "10.0.0.1");
    }

    #[test]
    fn a_client_has_a_whole_network_of_ipv6() {
        assert_eq!(client_of("[2001:db8:1:2:3:4:5:6]:9", &[], &[]), "2001:db8:1:2::");
    }
}
