//! A QR code in half blocks: two modules, one above the other, in each character.

use fast_qr::{ECL, QRBuilder, QRCode};

/// The code of `text`, indented by two; empty if the text is too long for one.
pub(super) fn code(text: &str, colour: bool) -> String {
    let Ok(code) = QRBuilder::new(text).ecl(ECL::L).build() else {
        return String::new();
    };
    let from = -QUIET;
    let to = i32::try_from(code.size).unwrap_or(0) + QUIET;
    let mut out = String::new();
    for y in (from..to).step_by(2) {
        let row: String = (from..to)
            .map(|x| block(is_dark(&code, x, y), is_dark(&code, x, y + 1), colour))
            .collect();
        // Black on white whatever the terminal's colours are; without colours, drawn for a dark background.
        let row = if colour {
            format!("\x1b[38;5;16;48;5;231m{row}\x1b[0m")
        } else {
            row
        };
        out.push_str(&format!("  {row}\n"));
    }
    out
}

const fn block(top: bool, bottom: bool, dark_is_ink: bool) -> char {
    match (top == dark_is_ink, bottom == dark_is_ink) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

fn is_dark(code: &QRCode, x: i32, y: i32) -> bool {
    let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
        return false;
    };
    x < code.size && y < code.size && code[y][x].value()
}

/// Light modules around the code; scanners want some.
const QUIET: i32 = 2;
