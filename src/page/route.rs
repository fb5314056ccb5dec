//! Where boxes stand in the drawing, in pixels, and how lines run between them.

use super::drawing::{Line, Shape};
use super::layout::Place;

/// How wide a box is.
pub const WIDTH: f64 = 218.0;
/// How high.
pub const HEIGHT: f64 = 32.0;
/// What lies around the drawing.
pub const MARGIN: f64 = 28.0;
const ROW: f64 = 52.0;
const COLUMN: f64 = WIDTH + 190.0;

/// The upper left corner of what stands at a place.
pub fn corner((layer, row): Place) -> (f64, f64) {
    (MARGIN + layer as f64 * COLUMN, MARGIN + row * ROW)
}

/// From the middle of one side to the middle of the other, straight through the layers in between. In
/// a cycle to the right above and back below, so that two lines between the same boxes lie apart.
pub fn route(from: &Shape, to: &Shape, bends: &[Place], line: &mut Line) {
    let middle = HEIGHT / 2.0;
    let apart = if line.class == "line" { 0.0 } else { 6.0 };
    if line.from == line.to {
        let (x, y, out) = (from.x + WIDTH, from.y, from.x + WIDTH + HEIGHT + 8.0);
        line.path = format!(
            "M{x:.1} {:.1} C{out:.1} {:.1}, {out:.1} {:.1}, {x:.1} {:.1}",
            y + middle - apart,
            y - 10.0,
            y + HEIGHT + 10.0,
            y + middle + apart
        );
        (line.label_x, line.label_y) = (x - WIDTH / 2.0, y - 6.0);
        return;
    }
    // Where boxes and layers are left and entered.
    let forward = from.x < to.x;
    let (leave, enter) = if forward { (WIDTH, 0.0) } else { (0.0, WIDTH) };
    let straight = if forward { -apart } else { apart };
    // A line that bends comes from the side where it bends, outside of those that do not.
    let end = |own: &Shape, bend: Option<&Place>| match bend {
        None => own.y + middle + straight,
        Some(bend) if corner(*bend).1 < own.y => own.y + middle - apart * 1.7,
        Some(_) => own.y + middle + apart * 1.7,
    };
    let reach = (COLUMN - WIDTH) / if forward { 2.0 } else { -2.0 };
    let (mut x, mut y) = (from.x + leave, end(from, bends.first()));
    line.path = format!("M{x:.1} {y:.1}");
    let stops = bends
        .iter()
        .map(|bend| (corner(*bend).0, corner(*bend).1 + middle))
        .chain([(to.x, end(to, bends.last()))]);
    for (at, (left, next_y)) in stops.enumerate() {
        let next_x = left + enter;
        line.path.push_str(&format!(
            " C{:.1} {y:.1}, {:.1} {next_y:.1}, {next_x:.1} {next_y:.1}",
            x + reach,
            next_x - reach
        ));
        if at == 0 && bends.is_empty() {
            let below = if forward { -6.0 } else { 14.0 };
            (line.label_x, line.label_y) = ((x + next_x) / 2.0, (y + next_y) / 2.0 + below);
        } else if at == 0 {
            (line.label_x, line.label_y) = (left + WIDTH / 2.0, next_y - 6.0);
        }
        (x, y) = (left + leave, next_y);
        if at < bends.len() {
            line.path.push_str(&format!(" L{x:.1} {y:.1}"));
        }
    }
}
