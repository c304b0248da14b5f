//! A QR code as SVG.

use fast_qr::QRBuilder;

use super::document::escape;

/// Draws `text` as an SVG element that says `label` to those who do not see it; empty if the text is too long.
pub(super) fn svg(text: &str, label: &str) -> String {
    let Ok(code) = QRBuilder::new(text).build() else {
        return String::new();
    };
    let mut path = String::new();
    for y in 0..code.size {
        for x in (0..code.size).filter(|x| code[y][*x].value()) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let side = code.size + 2 * QUIET;
    format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>",
        escape(label)
    )
}

/// White modules around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finder_patterns_stand_in_three_corners() {
        let svg = svg("http://192.0.2.1:8443/trust", "code");
        assert!(svg.contains("M4 4h1") && svg.contains("aria-label=\"code\""));
        assert!(!svg.contains("M0 4h1"));
    }
}
