//! The banner's words in English and Chinese.

/// A language of the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set decides (POSIX, section 8.2).
    #[must_use]
    pub fn of_environment() -> Self {
        let variables =
            ["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| std::env::var(name).unwrap_or_default());
        Self::of_locale(
            variables
                .iter()
                .find(|value| !value.is_empty())
                .map_or("", String::as_str),
        )
    }

    /// By a locale's name, such as `zh_CN.UTF-8`.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("zh") {
            Self::Chinese
        } else {
            Self::English
        }
    }
}

/// One language's words.
pub(super) struct Words {
    pub(super) here: &'static str,
    pub(super) network: &'static str,
    pub(super) plain: &'static str,
    pub(super) scan: &'static str,
    pub(super) scan_named: &'static str,
    pub(super) certificate: &'static str,
    pub(super) to_trust: &'static str,
    pub(super) on_this_machine: &'static str,
    pub(super) on_others: &'static str,
    pub(super) outside: &'static str,
    pub(super) outside_advice: [&'static str; 2],
    pub(super) ports: &'static str,
    pub(super) outside_reach: &'static str,
    pub(super) private_only: [&'static str; 2],
    pub(super) admin: &'static str,
    pub(super) shared: &'static str,
    pub(super) turn: &'static str,
    pub(super) standard_taken: &'static str,
    pub(super) https_taken: &'static str,
}

pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// Columns `text` takes on a terminal: two for each Chinese character.
pub(super) fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if c >= '\u{2e80}' { 2 } else { 1 })
        .sum()
}

const ENGLISH: Words = Words {
    here: "On this machine",
    network: "On the network",
    plain: "Without TLS",
    scan: "Scan with a phone: it shows how to trust the certificate, then leads on.",
    scan_named: "Scan with a phone:",
    certificate: "Certificate",
    to_trust: "To trust it",
    on_this_machine: "on this machine:",
    on_others: "on other devices:",
    outside: "Warned about",
    outside_advice: [
        "browsers warn here: this CA signs for local addresses only;",
        "bring a certificate with --cert FILE --key FILE",
    ],
    ports: "Ports",
    outside_reach: "From outside",
    private_only: [
        "only this network reaches it: no public address is known;",
        "behind NAT, forward the ports and name it with --public-ip",
    ],
    admin: "Admin",
    shared: "TCP and UDP: HTTPS, STUN and TURN",
    turn: "TCP and UDP: STUN and TURN",
    standard_taken: "3478 (usual for STUN) is taken by others; it is not needed",
    https_taken: "443 was not to be had; addresses carry a port number",
};

const CHINESE: Words = Words {
    here: "本机访问",
    network: "局域网访问",
    plain: "不加密",
    scan: "用手机扫描：先显示如何信任证书，随后自动进入页面。",
    scan_named: "用手机扫描：",
    certificate: "证书",
    to_trust: "信任证书",
    on_this_machine: "本机：",
    on_others: "其他设备：",
    outside: "会被警告",
    outside_advice: [
        "浏览器在此处会发出警告：本 CA 只能为本地地址签名；",
        "请用 --cert 文件 --key 文件 提供证书",
    ],
    ports: "端口",
    outside_reach: "外网访问",
    private_only: [
        "没有已知的公网地址，只有本网络内能使用中继；",
        "若在 NAT 之后，请转发端口并用 --public-ip 指明公网地址",
    ],
    admin: "管理",
    shared: "TCP 与 UDP：HTTPS、STUN、TURN",
    turn: "TCP 与 UDP：STUN、TURN",
    standard_taken: "3478（STUN 常用端口）已被占用，不影响使用",
    https_taken: "443 端口不可用，因此地址中带有端口号",
};
