//! The address of a client, from the header in which proxies hand it on.

use std::net::IpAddr;

/// The client's address, as bytes to count by: of IPv6 the first half, because every host has all of the
/// second. `forwarded` is the header X-Forwarded-For, to which each of `proxies` trusted ones has added the
/// address that it was called from; what stands before is the client's own invention. None where the header
/// did not pass all of them.
pub fn client(forwarded: &str, proxies: usize) -> Option<Vec<u8>> {
    let entry = forwarded.rsplit(',').nth(proxies.checked_sub(1)?)?.trim();
    Some(match parse(entry)?.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    })
}

/// An address as proxies write it: bare, in brackets, and with a port.
fn parse(entry: &str) -> Option<IpAddr> {
    if let Ok(address) = entry.parse() {
        return Some(address);
    }
    let host = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once(']').filter(|(_, port)| is_port(port))?.0,
        None => entry.split_once(':').filter(|(_, port)| digits(port))?.0,
    };
    host.parse().ok()
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(digits)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::client;

    #[test]
    fn takes_what_the_outermost_trusted_proxy_added() {
        let header = "6.6.6.6, 10.0.0.1 , 192.0.2.7";
        assert_eq!(client(header, 0), None);
        assert_eq!(client(header, 1), Some(vec![192, 0, 2, 7]));
        assert_eq!(client(header, 2), Some(vec![10, 0, 0, 1]));
        assert_eq!(client(header, 3), Some(vec![6, 6, 6, 6]));
        assert_eq!(client(header, 4), None);
        assert_eq!(client("192.0.2.7", 1), Some(vec![192, 0, 2, 7]));
    }

    #[test]
    fn reads_what_proxies_write() {
        let four = Some(vec![192, 0, 2, 7]);
        let six = Some(vec![0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2]);
        for (entry, address) in [
            ("192.0.2.7:4711", &four),
            ("::ffff:192.0.2.7", &four),
            ("[::ffff:192.0.2.7]:80", &four),
            ("2001:db8:1:2:3:4:5:6", &six),
            ("2001:db8:1:2::", &six),
            ("[2001:db8:1:2::9]", &six),
            ("[2001:db8:1:2::9]:443", &six),
        ] {
            assert_eq!(client(entry, 1), *address, "{entry}");
        }
    }

    #[test]
    fn takes_nothing_else() {
        for entry in [
            "",
            " ",
            ",",
            "unknown",
            "localhost",
            "192.0.2.7:",
            "192.0.2.7:x",
            "192.0.2",
            "1.2.3.4.5",
            "[2001:db8::1",
            "2001:db8::1]",
            "[2001:db8::1]x",
            "[]",
            ":",
            "192.0.2.7 192.0.2.8",
            "::%eth0",
        ] {
            assert_eq!(client(entry, 1), None, "{entry}");
        }
    }
}
