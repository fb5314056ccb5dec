//! The graph of which policy reads which table, as boxes and lines of an SVG.

use std::collections::BTreeMap;

use super::layout::{in_cycle, layered};
use super::route::{HEIGHT, MARGIN, WIDTH, corner, route};
use crate::audit::graph::Graph;

/// So many tables that nothing leads to and that read the same are drawn as one box.
const TOGETHER: usize = 6;
/// More boxes than this nobody can read.
const DRAWN: usize = 300;
/// So many lines can carry names.
const NAMED: usize = 40;

/// Letters of a name that fit into a box, and onto a line.
const LETTERS: usize = 27;
const LINE_LETTERS: usize = 26;

/// The graph, drawn.
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    pub boxes: Vec<Shape>,
    pub lines: Vec<Line>,
    /// Too many boxes: there is the list alone.
    pub too_large: bool,
    /// Every reading, for the list.
    pub list: Vec<Listed>,
    /// How many of them lead back.
    pub in_cycle: usize,
}

/// A box: a table, or tables that read the same.
pub struct Shape {
    pub x: f64,
    pub y: f64,
    /// As much of the name as fits.
    pub label: String,
    /// All of it.
    pub title: String,
    /// CSS classes.
    pub class: String,
}

/// A line from the table whose policies read to the table that they read.
pub struct Line {
    pub from: usize,
    pub to: usize,
    /// What to draw, as SVG path data.
    pub path: String,
    /// The policy, or how many; nothing where there are too many lines.
    pub label: String,
    pub label_x: f64,
    pub label_y: f64,
    /// The policies.
    pub title: String,
    /// CSS classes.
    pub class: String,
}

/// A reading as the list shows it.
pub struct Listed {
    pub table: String,
    pub policy: String,
    pub command: &'static str,
    pub read: String,
    pub through: String,
    /// What is wrong with it; empty for nothing.
    pub cycle: &'static str,
}

impl Drawing {
    pub const WIDTH: f64 = WIDTH;
    pub const HEIGHT: f64 = HEIGHT;

    pub fn of(graph: &Graph) -> Self {
        let edges: Vec<(usize, usize)> =
            graph.reads.iter().map(|read| (read.from, read.to)).collect();
        let in_cycle = in_cycle(graph.tables.len(), &edges);
        let fails = |from: usize, cycle: bool| cycle && graph.tables[from].fails;
        let list: Vec<Listed> = graph
            .reads
            .iter()
            .zip(&in_cycle)
            .map(|(read, cycle)| Listed {
                table: graph.tables[read.from].name.clone(),
                policy: read.policy.clone(),
                command: read.command,
                read: graph.tables[read.to].name.clone(),
                through: read.through.join(", "),
                cycle: match (fails(read.from, *cycle), cycle) {
                    (true, _) => "leads back: queries fail",
                    (false, true) => "leads back",
                    (false, false) => "",
                },
            })
            .collect();
        let mut drawing = Self {
            width: 0.0,
            height: 0.0,
            boxes: Vec::new(),
            lines: Vec::new(),
            too_large: false,
            list,
            in_cycle: in_cycle.iter().filter(|cycle| **cycle).count(),
        };
        let gathered = Gathered::of(graph);
        if gathered.boxes.len() > DRAWN {
            drawing.too_large = true;
        } else {
            drawing.draw(graph, &gathered);
        }
        drawing
    }

    fn draw(&mut self, graph: &Graph, gathered: &Gathered) {
        // By both ends: the readings between them, as places in the graph.
        let mut between: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, read) in graph.reads.iter().enumerate() {
            let ends = (gathered.box_of[read.from], gathered.box_of[read.to]);
            between.entry(ends).or_default().push(at);
        }
        let ends: Vec<(usize, usize)> = between.keys().copied().collect();
        let layout = layered(gathered.boxes.len(), &ends);
        for (tables, place) in gathered.boxes.iter().zip(&layout.places) {
            let mut shape = shape(graph, tables);
            (shape.x, shape.y) = corner(*place);
            self.boxes.push(shape);
        }
        for place in layout.places.iter().chain(layout.bends.iter().flatten()) {
            let (x, y) = corner(*place);
            self.width = self.width.max(x + WIDTH + MARGIN + HEIGHT);
            self.height = self.height.max(y + HEIGHT + MARGIN);
        }
        let named = between.len() <= NAMED;
        for ((((from, to), readings), cycle), bends) in
            between.into_iter().zip(&layout.in_cycle).zip(&layout.bends)
        {
            let mut line = line(graph, &readings, named);
            let fails = readings.iter().any(|at| graph.tables[graph.reads[*at].from].fails);
            line.class = match (cycle, fails) {
                (false, _) => "line",
                (true, false) => "line cycle",
                (true, true) => "line cycle fails",
            }
            .to_owned();
            (line.from, line.to) = (from, to);
            route(&self.boxes[from], &self.boxes[to], bends, &mut line);
            self.lines.push(line);
        }
    }
}

/// Tables by the box that they are drawn as.
struct Gathered {
    boxes: Vec<Vec<usize>>,
    box_of: Vec<usize>,
}

impl Gathered {
    fn of(graph: &Graph) -> Self {
        let mut read_by: Vec<Vec<usize>> = vec![Vec::new(); graph.tables.len()];
        let mut is_read = vec![false; graph.tables.len()];
        for read in &graph.reads {
            read_by[read.from].push(read.to);
            is_read[read.to] = true;
        }
        let mut alike: BTreeMap<(Vec<usize>, bool), Vec<usize>> = BTreeMap::new();
        for (table, mut reads) in read_by.into_iter().enumerate() {
            if !is_read[table] {
                reads.sort_unstable();
                reads.dedup();
                alike.entry((reads, graph.tables[table].protected)).or_default().push(table);
            }
        }
        let mut boxes: Vec<Vec<usize>> =
            alike.into_values().filter(|tables| tables.len() >= TOGETHER).collect();
        let mut box_of = vec![usize::MAX; graph.tables.len()];
        for (at, tables) in boxes.iter().enumerate() {
            tables.iter().for_each(|table| box_of[*table] = at);
        }
        for (table, place) in box_of.iter_mut().enumerate() {
            if *place == usize::MAX {
                *place = boxes.len();
                boxes.push(vec![table]);
            }
        }
        Self { boxes, box_of }
    }
}

fn shape(graph: &Graph, tables: &[usize]) -> Shape {
    let names: Vec<&str> = tables.iter().map(|table| graph.tables[*table].name.as_str()).collect();
    let mut class = "box".to_owned();
    if tables.iter().any(|table| graph.tables[*table].fails) {
        class.push_str(" fails");
    }
    if !tables.iter().all(|table| graph.tables[*table].protected) {
        class.push_str(" open");
    }
    let (label, title) = match names.as_slice() {
        [one] => (cut(one, LETTERS), (*one).to_owned()),
        _ => {
            class.push_str(" many");
            (format!("{} tables", names.len()), names.join(", "))
        }
    };
    let title =
        if class.contains("open") { format!("{title}: row security is off") } else { title };
    Shape { x: 0.0, y: 0.0, label, title, class }
}

fn line(graph: &Graph, readings: &[usize], named: bool) -> Line {
    let mut policies: Vec<&str> =
        readings.iter().map(|at| graph.reads[*at].policy.as_str()).collect();
    policies.sort_unstable();
    policies.dedup();
    let label = match policies.as_slice() {
        _ if !named => String::new(),
        [one] => cut(one, LINE_LETTERS),
        _ => format!("{} policies", policies.len()),
    };
    Line {
        from: 0,
        to: 0,
        path: String::new(),
        label,
        label_x: 0.0,
        label_y: 0.0,
        title: policies.join(", "),
        class: String::new(),
    }
}

/// The beginning of a text, where all of it does not fit.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::graph::{Node, Reading};

    fn graph(tables: usize, reads: &[(usize, usize)]) -> Graph {
        Graph {
            tables: (0..tables)
                .map(|at| Node { name: format!("t{at}"), protected: true, fails: false })
                .collect(),
            reads: reads
                .iter()
                .map(|(from, to)| Reading {
                    policy: format!("p{from}"),
                    command: "SELECT",
                    from: *from,
                    to: *to,
                    through: Vec::new(),
                })
                .collect(),
        }
    }

    #[test]
    fn gathers_what_reads_the_same() {
        let mut reads: Vec<(usize, usize)> = (1..=TOGETHER).map(|from| (from, 0)).collect();
        reads.push((7, 0));
        reads.push((7, 8));
        let drawing = Drawing::of(&graph(9, &reads));
        // The gathered one, the table that all read, and one that reads another besides.
        assert_eq!(drawing.boxes.len(), 4);
        assert_eq!(drawing.lines.len(), 3);
        assert_eq!(drawing.list.len(), TOGETHER + 2);
        assert!(drawing.boxes.iter().any(|shape| shape.label == "6 tables"));
    }

    #[test]
    fn marks_ways_back_by_whether_they_fail() {
        let mut graph = graph(4, &[(0, 1), (1, 0), (2, 3)]);
        let marked = |graph: &Graph| -> Vec<String> {
            Drawing::of(graph).lines.into_iter().map(|line| line.class).collect()
        };
        assert_eq!(marked(&graph), ["line cycle", "line cycle", "line"]);
        graph.tables[0].fails = true;
        assert_eq!(marked(&graph), ["line cycle fails", "line cycle", "line"]);
    }

    #[test]
    fn lists_what_it_does_not_draw() {
        let reads: Vec<(usize, usize)> = (0..DRAWN).map(|at| (at, at + 1)).collect();
        let drawing = Drawing::of(&graph(DRAWN + 1, &reads));
        assert!(drawing.too_large && drawing.boxes.is_empty());
        assert_eq!(drawing.list.len(), DRAWN);
    }

    #[test]
    fn cuts_by_letters() {
        assert_eq!(cut("éééé", 4), "éééé");
        assert_eq!(cut("ééééé", 4), "é...");
    }
}
