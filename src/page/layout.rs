//! Where the nodes of a directed graph go: in layers from left to right, so that edges point right as
//! far as there are no cycles. After Sugiyama: break cycles, layer, order, place.

use std::collections::HashMap;

/// A graph, laid out.
pub struct Layout {
    /// Of every node: its layer from the left, and its height in rows from the top.
    pub places: Vec<Place>,
    /// Of every edge: where it passes the layers between its ends, in its own direction.
    pub bends: Vec<Vec<Place>>,
    /// Of every edge: it is part of a way back to where it begins.
    pub in_cycle: Vec<bool>,
}

/// A layer, and a height in rows.
pub type Place = (usize, f64);

/// How often the order in the layers is improved; more changes nothing that one can see.
const SWEEPS: usize = 8;

/// Which edges of a graph of so many nodes are part of a way back to where they begin. Edges name two
/// nodes, and may be loops.
pub fn in_cycle(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let (finished, _) = depth_first(nodes, edges);
    let component = components(nodes, edges, &finished);
    edges.iter().map(|(from, to)| component[*from] == component[*to]).collect()
}

/// Lays out such a graph.
pub fn layered(nodes: usize, edges: &[(usize, usize)]) -> Layout {
    let (finished, back) = depth_first(nodes, edges);
    let forward: Vec<(usize, usize)> =
        edges.iter().zip(&back).filter(|(_, back)| !**back).map(|(edge, _)| *edge).collect();
    let mut layer = layers(nodes, &forward, &finished);
    // An edge takes a place in every layer that it passes, as a node would.
    let mut links = Vec::new();
    let mut passes: Vec<Vec<usize>> = Vec::new();
    for (from, to) in edges {
        let (start, end) = (layer[*from], layer[*to]);
        let mut between: Vec<usize> = (start.min(end) + 1..start.max(end)).collect();
        if start > end {
            between.reverse();
        }
        let mut last = *from;
        let mut passed = Vec::new();
        for across in between {
            layer.push(across);
            let place = layer.len() - 1;
            links.push((last, place));
            passed.push(place);
            last = place;
        }
        if from != to {
            links.push((last, *to));
        }
        passes.push(passed);
    }
    let mut places = place(&layer, &links);
    let bends = passes.iter().map(|passed| passed.iter().map(|at| places[*at]).collect()).collect();
    places.truncate(nodes);
    Layout { places, bends, in_cycle: in_cycle(nodes, edges) }
}

fn targets(nodes: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<(usize, usize)>> {
    let mut targets = vec![Vec::new(); nodes];
    for (at, (from, to)) in edges.enumerate() {
        targets[from].push((to, at));
    }
    targets
}

/// The nodes in the order in which a search leaves them, and the edges that lead back into its way.
fn depth_first(nodes: usize, edges: &[(usize, usize)]) -> (Vec<usize>, Vec<bool>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let targets = targets(nodes, edges.iter().copied());
    let mut state = vec![State::New; nodes];
    let mut back = vec![false; edges.len()];
    let mut finished = Vec::with_capacity(nodes);
    for start in 0..nodes {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let Some((to, edge)) = targets[*node].get(*next) else {
                state[*node] = State::Done;
                finished.push(*node);
                way.pop();
                continue;
            };
            *next += 1;
            match state[*to] {
                State::New => {
                    state[*to] = State::Open;
                    way.push((*to, 0));
                }
                State::Open => back[*edge] = true,
                State::Done => {}
            }
        }
    }
    (finished, back)
}

/// Of every node the number of its strongly connected component, after Kosaraju. A loop is a way back
/// to itself like any other.
fn components(nodes: usize, edges: &[(usize, usize)], finished: &[usize]) -> Vec<usize> {
    let sources = targets(nodes, edges.iter().map(|(from, to)| (*to, *from)));
    let mut component = vec![usize::MAX; nodes];
    for start in finished.iter().rev().copied() {
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if component[node] == usize::MAX {
                component[node] = start;
                open.extend(sources[node].iter().map(|(from, _)| *from));
            }
        }
    }
    component
}

/// The layer of every node: right of all that lead to it, and what nothing leads to close to what it
/// leads to.
fn layers(nodes: usize, edges: &[(usize, usize)], finished: &[usize]) -> Vec<usize> {
    let targets = targets(nodes, edges.iter().copied());
    let mut layer = vec![0_usize; nodes];
    let mut reached = vec![false; nodes];
    for node in finished.iter().rev().copied() {
        for (to, _) in &targets[node] {
            layer[*to] = layer[*to].max(layer[node] + 1);
            reached[*to] = true;
        }
    }
    for node in 0..nodes {
        if !reached[node]
            && let Some(nearest) = targets[node].iter().map(|(to, _)| layer[*to]).min()
        {
            layer[node] = nearest.saturating_sub(1);
        }
    }
    layer
}

/// Orders each layer by where the neighbours are, then moves the nodes beside them.
fn place(layer: &[usize], edges: &[(usize, usize)]) -> Vec<Place> {
    let mut beside: Vec<Vec<usize>> = vec![Vec::new(); layer.len()];
    for (from, to) in edges {
        beside[*from].push(*to);
        beside[*to].push(*from);
    }
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for (node, layer) in layer.iter().enumerate() {
        if columns.len() <= *layer {
            columns.resize(layer + 1, Vec::new());
        }
        columns[*layer].push(node);
    }
    let mut height = vec![0.0; layer.len()];
    for column in &columns {
        spread(column, &mut height, |at| at as f64);
    }
    let order: Vec<usize> = (0..columns.len()).collect();
    for sweep in 0..SWEEPS {
        let across: Box<dyn Iterator<Item = &usize>> =
            if sweep % 2 == 0 { Box::new(order.iter().rev()) } else { Box::new(order.iter()) };
        for at in across {
            let wanted: HashMap<usize, f64> = columns[*at]
                .iter()
                .map(|node| (*node, middle(&beside[*node], &height, height[*node])))
                .collect();
            columns[*at].sort_by(|one, two| wanted[one].total_cmp(&wanted[two]).then(one.cmp(two)));
            settle(&columns[*at], &wanted, &mut height);
        }
    }
    let top = height.iter().copied().fold(f64::INFINITY, f64::min);
    layer.iter().zip(height).map(|(layer, height)| (*layer, height - top)).collect()
}

fn spread(column: &[usize], height: &mut [f64], f: impl Fn(usize) -> f64) {
    for (at, node) in column.iter().enumerate() {
        height[*node] = f(at);
    }
}

fn middle(beside: &[usize], height: &[f64], otherwise: f64) -> f64 {
    if beside.is_empty() {
        return otherwise;
    }
    beside.iter().map(|node| height[*node]).sum::<f64>() / beside.len() as f64
}

/// As near to where they want to be as one row each allows: those that push each other share their
/// distances.
fn settle(column: &[usize], wanted: &HashMap<usize, f64>, height: &mut [f64]) {
    // Blocks of nodes in consecutive rows: the first row and how many.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for node in column {
        let mut block = (wanted[node], 1);
        while let Some((first, count)) = blocks.last().copied() {
            if first + count as f64 <= block.0 {
                break;
            }
            blocks.pop();
            let all = (count + block.1) as f64;
            let first = (first * count as f64 + (block.0 - count as f64) * block.1 as f64) / all;
            block = (first, count + block.1);
        }
        blocks.push(block);
    }
    let rows =
        blocks.into_iter().flat_map(|(first, count)| (0..count).map(move |at| first + at as f64));
    for (node, row) in column.iter().zip(rows) {
        height[*node] = row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distinct(layout: &Layout) {
        let places: Vec<Place> =
            layout.places.iter().chain(layout.bends.iter().flatten()).copied().collect();
        for (at, (layer, height)) in places.iter().enumerate() {
            for (other_layer, other) in &places[at + 1..] {
                assert!(layer != other_layer || (height - other).abs() > 0.999, "{places:?}");
            }
        }
    }

    #[test]
    fn edges_point_right() {
        let edges = [(0, 1), (1, 2), (0, 2), (3, 2)];
        let layout = layered(4, &edges);
        for (from, to) in edges {
            assert!(layout.places[from].0 < layout.places[to].0);
        }
        assert!(layout.in_cycle.iter().all(|cycle| !cycle));
        // Nothing leads to it, so it stands beside what it leads to.
        assert_eq!(layout.places[3].0, 1);
        distinct(&layout);
    }

    #[test]
    fn marks_what_leads_back() {
        let layout = layered(5, &[(0, 1), (1, 0), (1, 2), (3, 3), (4, 3), (2, 4)]);
        assert_eq!(layout.in_cycle, [true, true, false, true, false, false]);
        distinct(&layout);
    }

    #[test]
    fn passes_beside_what_lies_between() {
        let layout = layered(3, &[(0, 1), (1, 2), (0, 2), (2, 0)]);
        let layers: Vec<Vec<usize>> =
            layout.bends.iter().map(|bends| bends.iter().map(|bend| bend.0).collect()).collect();
        assert_eq!(layers, [vec![], vec![], vec![1], vec![1]]);
        distinct(&layout);
        let long = layered(4, &[(0, 1), (1, 2), (2, 3), (3, 0)]);
        assert_eq!(long.bends[3].iter().map(|bend| bend.0).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn stands_beside_its_neighbours() {
        let edges: Vec<(usize, usize)> = (0..9).map(|from| (from, 9)).collect();
        let layout = layered(10, &edges);
        assert!((layout.places[9].1 - 4.0).abs() < 0.001);
        distinct(&layout);
    }

    #[test]
    fn nothing_and_large() {
        assert!(layered(0, &[]).places.is_empty());
        let edges: Vec<(usize, usize)> =
            (0..200).map(|at| (at * 7919 % 100, at * 104_729 % 97)).collect();
        distinct(&layered(100, &edges));
    }
}
