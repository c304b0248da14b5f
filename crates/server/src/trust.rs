//! The CA's certificate in the forms devices take it: what `/trust` and `magpie ca export` hand out.

use data_encoding::BASE64;

use crate::certs::Authority;

/// An Apple configuration profile that installs the CA.
///
/// Its identifiers come from the certificate, so that installing it twice replaces the first. It is unsigned, which
/// iOS shows in red as "Not Verified"; a signature would need a certificate iOS trusts already.
#[must_use]
pub fn mobileconfig(authority: &Authority) -> Vec<u8> {
    let name = authority.name();
    let digest = authority.digest();
    let (profile, payload) = (identifier(&digest, 0), identifier(&digest, 16));
    let certificate = BASE64.encode(authority.der());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>PayloadType</key><string>Configuration</string>
    <key>PayloadVersion</key><integer>1</integer>
    <key>PayloadIdentifier</key><string>magpie.{profile}</string>
    <key>PayloadUUID</key><string>{profile}</string>
    <key>PayloadDisplayName</key><string>{name}</string>
    <key>PayloadDescription</key><string>Lets this device trust the Magpie server that runs on the local network.</string>
    <key>PayloadContent</key>
    <array>
        <dict>
            <key>PayloadType</key><string>com.apple.security.root</string>
            <key>PayloadVersion</key><integer>1</integer>
            <key>PayloadIdentifier</key><string>magpie.{profile}.{payload}</string>
            <key>PayloadUUID</key><string>{payload}</string>
            <key>PayloadDisplayName</key><string>{name}</string>
            <key>PayloadCertificateFileName</key><string>magpie-ca.crt</string>
            <key>PayloadContent</key><data>{certificate}</data>
        </dict>
    </array>
</dict>
</plist>
"#
    )
    .into_bytes()
}

/// A UUID (RFC 9562 version 8) of 16 bytes of `digest`.
fn identifier(digest: &[u8; 32], at: usize) -> String {
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest.iter().skip(at)) {
        *byte = *from;
    }
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXUPPER.encode(&bytes);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}
