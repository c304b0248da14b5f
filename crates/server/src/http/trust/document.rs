//! A small HTML document that needs nothing but its style sheet and one script.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::words::{Language, words};

/// A page over plain HTTP.
pub(in crate::http) struct Document<'a> {
    /// The language of the text.
    pub(in crate::http) language: Language,
    /// Title and heading, as HTML.
    pub(in crate::http) title: &'a str,
    /// Host and port the client asked for; harmless characters only.
    pub(in crate::http) host: &'a str,
    /// Path of this page, where the language switch leads.
    pub(in crate::http) path: &'a str,
    /// Path and query that the way to HTTPS leads to.
    pub(in crate::http) next: &'a str,
    /// What stands below the heading, as HTML.
    pub(in crate::http) body: String,
}

impl IntoResponse for Document<'_> {
    fn into_response(self) -> Response {
        let words = words(self.language);
        let other = self.language.other();
        let html = format!(
            "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
             <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/trust/trust.css\"><script src=\"/trust/light.js\" defer></script></head>\
             <body><header><a class=\"name\" href=\"https://{host}/\">{name}</a>\
             <a href=\"{path}?lang={other_tag}\" lang=\"{other_tag}\" hreflang=\"{other_tag}\">{other_name}</a></header>\
             <main><h1>{title}</h1>{body}<p><a class=\"go\" href=\"https://{host}{next}\">{go}</a></p></main></body></html>",
            tag = self.language.tag(),
            name = words.name,
            title = self.title,
            host = self.host,
            path = escape(self.path),
            next = escape(self.next),
            other_tag = other.tag(),
            other_name = other.name(),
            body = self.body,
            go = words.go,
        );
        let headers = [
            (header::CACHE_CONTROL, "no-store"),
            (header::VARY, "Accept-Language"),
        ];
        (headers, Html(html)).into_response()
    }
}

/// Makes any text harmless in HTML, in and out of attributes.
pub(in crate::http) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_shown_and_not_obeyed() {
        assert_eq!(
            escape("<a href='x\"&'>"),
            "&lt;a href=&#39;x&quot;&amp;&#39;&gt;"
        );
    }
}
