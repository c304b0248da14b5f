//! The words of the plain-HTTP pages, in English and Chinese. All are HTML.

use axum::http::{HeaderMap, header};

/// A language of these pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The language the query asks for (`lang=zh`), else the one the browser likes best.
    pub(in crate::http) fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        let asked = query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .find_map(|pair| pair.strip_prefix("lang="));
        let liked = || {
            headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok())
                .and_then(best)
        };
        let tag = asked.or_else(liked).unwrap_or_default();
        if tag.trim().to_ascii_lowercase().starts_with("zh") {
            Self::Chinese
        } else {
            Self::English
        }
    }

    pub(in crate::http) const fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    pub(in crate::http) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    pub(in crate::http) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }
}

/// The first of the languages we speak; browsers list them best first.
fn best(list: &str) -> Option<&str> {
    list.split(',')
        .map(|entry| entry.split(';').next().unwrap_or_default().trim())
        .find(|tag| {
            let tag = tag.to_ascii_lowercase();
            tag.starts_with("zh") || tag.starts_with("en")
        })
}

/// Everything said.
pub(in crate::http) struct Words {
    pub(super) name: &'static str,
    pub(in crate::http) title: &'static str,
    pub(in crate::http) why: &'static str,
    pub(in crate::http) checking: &'static str,
    pub(in crate::http) trusted: &'static str,
    pub(in crate::http) not_yet: &'static str,
    pub(in crate::http) how: &'static str,
    pub(in crate::http) compare: &'static str,
    pub(in crate::http) compare_why: &'static str,
    pub(in crate::http) phone: &'static str,
    pub(in crate::http) qr: &'static str,
    pub(in crate::http) go: &'static str,
    pub(in crate::http) insecure_title: &'static str,
    pub(in crate::http) insecure: &'static str,
    pub(in crate::http) trust_first: &'static str,
    pub(super) ios: Steps,
    pub(super) android: Steps,
    pub(super) windows: Steps,
    pub(super) macos: Steps,
    pub(super) linux: Steps,
}

/// How to install the certificate on one system.
pub(super) struct Steps {
    pub(super) system: &'static str,
    pub(super) items: &'static [&'static str],
}

/// The words of a language.
pub(in crate::http) const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

const ENGLISH: Words = Words {
    name: "Magpie",
    title: "Trust this Magpie",
    why: "Browsers give camera and microphone only to pages they trust. This server makes its own certificates; install its \
          authority once, and this device trusts it from then on. The authority is limited: it cannot vouch for any site on the internet.",
    checking: "Checking whether this browser trusts the server…",
    trusted: "This browser trusts the server.",
    not_yet: "This browser does not trust the server yet.",
    how: "How to install it",
    compare: "Compare before you install",
    compare_why: "This page came over a connection that others could change. The fingerprint (SHA-256) must be the one magpie printed when it started:",
    phone: "On another phone",
    qr: "QR code with the address of this page",
    go: "Open Magpie over HTTPS",
    insecure_title: "Magpie needs HTTPS",
    insecure: "You opened an insecure address (http://). Browsers give camera and microphone to secure pages only, so calls work at the https:// address.",
    trust_first: "If your browser warns about the certificate there, <a href=\"/trust\">install this server’s certificate first</a>.",
    ios: Steps {
        system: "iPhone and iPad",
        items: &[
            "In Safari, <a href=\"/trust/magpie.mobileconfig\">download the profile</a> and allow it.",
            "Open Settings, tap “Profile Downloaded”, then Install.",
            "In Settings, General, About, Certificate Trust Settings, switch “Magpie” on.",
        ],
    },
    android: Steps {
        system: "Android",
        items: &[
            "<a href=\"/trust/ca.crt\">Download the certificate</a>.",
            "Open Settings, search for “CA certificate”, choose Install anyway, and pick the file magpie-ca.crt.",
            "Firefox only: in Settings, About Firefox, tap the logo five times; then in Secret Settings switch “Use third party CA certificates” on.",
        ],
    },
    windows: Steps {
        system: "Windows",
        items: &[
            "<a href=\"/trust/ca.crt\">Download the certificate</a> and open it.",
            "Choose Install Certificate, Current User, and “Place all certificates in the following store”: Trusted Root Certification Authorities.",
            "Restart the browser.",
        ],
    },
    macos: Steps {
        system: "macOS",
        items: &[
            "<a href=\"/trust/ca.crt\">Download the certificate</a> and open it; Keychain Access adds it to the login keychain.",
            "Double-click it there, open Trust, and choose Always Trust for SSL.",
        ],
    },
    linux: Steps {
        system: "Linux",
        items: &[
            "On the machine magpie runs on: <code>magpie ca install</code> does it all, browsers included.",
            "Elsewhere, <a href=\"/trust/ca.pem\">download the certificate</a>. Chromium: Settings, Privacy and security, Security, Manage certificates, Authorities, Import. Firefox: Settings, Privacy &amp; Security, View Certificates, Authorities, Import; tick “identify websites”.",
            "For curl and others, Debian: copy it to <code>/usr/local/share/ca-certificates/magpie.crt</code>, run <code>update-ca-certificates</code>. Fedora: copy it to <code>/etc/pki/ca-trust/source/anchors/</code>, run <code>update-ca-trust</code>.",
        ],
    },
};

const CHINESE: Words = Words {
    name: "鹊桥",
    title: "信任这台服务器",
    why: "浏览器只把摄像头和麦克风交给受信任的页面。这台服务器自己签发证书；安装一次它的根证书，这台设备以后就会信任它。该根证书的用途受限：它不能为互联网上的任何网站作保。",
    checking: "正在检查此浏览器是否信任服务器……",
    trusted: "此浏览器已信任服务器。",
    not_yet: "此浏览器尚未信任服务器。",
    how: "安装方法",
    compare: "安装前请核对",
    compare_why: "本页经由可能被他人篡改的连接传来。指纹（SHA-256）必须与 magpie 启动时打印的一致：",
    phone: "在另一部手机上",
    qr: "本页地址的二维码",
    go: "通过 HTTPS 打开鹊桥",
    insecure_title: "鹊桥需要 HTTPS",
    insecure: "你打开的是不安全的地址（http://）。浏览器只把摄像头和麦克风交给安全页面，所以请在 https:// 地址上通话。",
    trust_first: "如果浏览器在那里提示证书有问题，请先<a href=\"/trust\">安装这台服务器的证书</a>。",
    ios: Steps {
        system: "iPhone 和 iPad",
        items: &[
            "在 Safari 中<a href=\"/trust/magpie.mobileconfig\">下载描述文件</a>并允许。",
            "打开“设置”，点“已下载描述文件”，再点“安装”。",
            "在“设置 › 通用 › 关于本机 › 证书信任设置”中打开“Magpie”。",
        ],
    },
    android: Steps {
        system: "Android",
        items: &[
            "<a href=\"/trust/ca.crt\">下载证书</a>。",
            "打开“设置”，搜索“CA 证书”，选择“仍然安装”，再选文件 magpie-ca.crt。",
            "仅 Firefox：在“设置 › 关于 Firefox”中连点徽标五次，然后在“Secret Settings”中打开“使用第三方 CA 证书”。",
        ],
    },
    windows: Steps {
        system: "Windows",
        items: &[
            "<a href=\"/trust/ca.crt\">下载证书</a>并打开。",
            "选择“安装证书”“当前用户”，再选“将所有的证书都放入下列存储”：受信任的根证书颁发机构。",
            "重新启动浏览器。",
        ],
    },
    macos: Steps {
        system: "macOS",
        items: &[
            "<a href=\"/trust/ca.crt\">下载证书</a>并打开，“钥匙串访问”会把它加入登录钥匙串。",
            "在那里双击它，展开“信任”，把 SSL 设为“始终信任”。",
        ],
    },
    linux: Steps {
        system: "Linux",
        items: &[
            "在运行 magpie 的机器上：<code>magpie ca install</code> 会全部装好，包括浏览器。",
            "在其他机器上先<a href=\"/trust/ca.pem\">下载证书</a>。Chromium：设置 › 隐私和安全 › 安全 › 管理证书 › 授权机构 › 导入。Firefox：设置 › 隐私与安全 › 查看证书 › 证书颁发机构 › 导入，勾选“信任由此证书颁发机构来标识网站”。",
            "curl 等程序，Debian：复制到 <code>/usr/local/share/ca-certificates/magpie.crt</code> 后运行 <code>update-ca-certificates</code>；Fedora：复制到 <code>/etc/pki/ca-trust/source/anchors/</code> 后运行 <code>update-ca-trust</code>。",
        ],
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_known_language_is_spoken() {
        for (accepted, language) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("fr-FR,zh-TW;q=0.5", Language::Chinese),
            ("fr", Language::English),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(Language::of(None, &headers), language, "{accepted}");
        }
    }

    #[test]
    fn the_query_wins_over_the_browser() {
        let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, "en".parse().unwrap())]);
        assert_eq!(
            Language::of(Some("a=b&lang=zh"), &headers),
            Language::Chinese
        );
    }
}
