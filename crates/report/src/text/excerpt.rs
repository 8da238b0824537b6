//! One line of a file, cut to the width around the value, and the caret under it.

use sluicegate_core::{Finding, Occurrence, Piece};
use unicode_width::UnicodeWidthChar;

use crate::escape;
use crate::value::Values;

/// A tab goes on to the next multiple of this, in columns.
const TAB: usize = 4;

/// A line that fits, and where the value stands in it.
pub(super) struct Fitted {
    /// What stands before the value.
    pub(super) before: String,
    /// The value, redacted; empty if it does not stand here.
    pub(super) value: String,
    /// What stands behind it.
    pub(super) after: String,
    /// The columns before the value.
    pub(super) indent: usize,
    /// The columns of the value.
    pub(super) length: usize,
    /// Whether the value goes on where the line was cut.
    pub(super) is_cut: bool,
}

/// One character as it is shown; marks without a width belong to the one before.
struct Cell {
    text: String,
    columns: usize,
}

/// Cuts the line of the occurrence to `width` columns, so that the value stays in
/// sight; `ellipsis` stands where something was left out.
pub(super) fn fit(
    occurrence: &Occurrence,
    finding: &Finding,
    values: &Values<'_>,
    width: usize,
    ellipsis: &str,
) -> Fitted {
    let excerpt = &occurrence.excerpt;
    let mut cells: Vec<Cell> = Vec::new();
    let mut column = 0;
    let mut own = None;
    let mut is_part = false;
    for piece in &excerpt.pieces {
        let start = cells.len();
        for c in values.piece(piece, finding).chars() {
            push(&mut cells, &mut column, c);
        }
        if let (Piece::Own(secret), None) = (piece, own) {
            own = Some((start, cells.len()));
            is_part = secret.len() < finding.secret.len();
        }
    }
    let (from, to) = own.unwrap_or((0, 0));
    let dots = escape::columns(ellipsis);
    let start = first_shown(&cells, (from, to), width, dots);
    let left_dots = if start > 0 || excerpt.cut_before {
        dots
    } else {
        0
    };
    let mut room = width.saturating_sub(left_dots);
    let rest = sum(&cells[start..]);
    let mut end = cells.len();
    if rest > room || excerpt.cut_after {
        room = room.saturating_sub(dots);
        end = start;
        while end < cells.len() && cells[end].columns <= room {
            room -= cells[end].columns;
            end += 1;
        }
    }
    let right_dots = end < cells.len() || excerpt.cut_after;
    let (shown_from, shown_to) = (from.clamp(start, end), to.clamp(start, end));
    let join = |cells: &[Cell]| {
        cells
            .iter()
            .map(|cell| cell.text.as_str())
            .collect::<String>()
    };
    let dots_if = |yes: bool| if yes { ellipsis } else { "" };
    Fitted {
        before: dots_if(left_dots > 0).to_owned() + &join(&cells[start..shown_from]),
        value: join(&cells[shown_from..shown_to]),
        after: join(&cells[shown_to..end]) + dots_if(right_dots),
        indent: left_dots + sum(&cells[start..shown_from]),
        length: sum(&cells[shown_from..shown_to]),
        is_cut: shown_to < to || is_part,
    }
}

/// The first cell that is shown: what stands before a value, most of all its name, tells
/// more than what stands behind it, so it gets two thirds of the room that is left.
fn first_shown(cells: &[Cell], own: (usize, usize), width: usize, dots: usize) -> usize {
    if sum(cells) + 2 * dots <= width {
        return 0;
    }
    let (from, to) = own;
    let room = width.saturating_sub(2 * dots + sum(&cells[from..to]));
    let after = sum(&cells[to..]);
    let mut before = (room * 2 / 3)
        .max(room.saturating_sub(after))
        .max(width / 5);
    let mut start = from;
    while start > 0 && cells[start - 1].columns <= before {
        start -= 1;
        before -= cells[start].columns;
    }
    // No dots for what is as short as they are.
    if sum(&cells[..start]) <= dots {
        0
    } else {
        start
    }
}

fn push(cells: &mut Vec<Cell>, column: &mut usize, c: char) {
    let mut text = String::new();
    let columns = if c == '\t' {
        let columns = TAB - *column % TAB;
        text.extend(std::iter::repeat_n(' ', columns));
        columns
    } else {
        escape::push(&mut text, c);
        if escape::is_unsafe(c) {
            escape::columns(&text)
        } else {
            c.width().unwrap_or(0)
        }
    };
    match cells.last_mut() {
        Some(last) if columns == 0 => last.text.push_str(&text),
        _ => cells.push(Cell { text, columns }),
    }
    *column += columns;
}

fn sum(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.columns).sum()
}
