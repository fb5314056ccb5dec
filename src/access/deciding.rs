//! Which policies decide anything, counted over rows: pure.

/// What a clause says of each row; false stands for NULL, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    Says(Vec<bool>),
    /// It raises.
    Unknown,
}

/// The policies that are asked together for one command, with the column of what each says; none
/// where the policy has no such clause.
#[derive(Debug, Clone, Default)]
pub struct Group {
    pub members: Vec<(usize, Option<usize>)>,
}

/// How many rows a policy counts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that it lets in, or keeps out where it is restrictive, whatever others do.
    pub met: usize,
    /// Of these, the rows that fare otherwise without it.
    pub decided: usize,
}

/// Counts for each policy, in the order of `permissive`, over `rows` rows. A row counts once, however
/// many commands it counts for.
pub fn tally(permissive: &[bool], groups: &[Group], columns: &[Column], rows: usize) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); permissive.len()];
    for row in 0..rows {
        let mut counted = vec![(false, false); permissive.len()];
        for group in groups {
            let Some(said) = said(group, columns, row) else { continue };
            let open = said.iter().filter(|(policy, says)| permissive[*policy] && *says).count();
            let shut = said.iter().filter(|(policy, says)| !permissive[*policy] && !*says).count();
            for (policy, says) in said {
                let mark = &mut counted[policy];
                if permissive[policy] && says {
                    mark.0 = true;
                    mark.1 |= open == 1 && shut == 0;
                } else if !permissive[policy] && !says {
                    mark.0 = true;
                    mark.1 |= open > 0 && shut == 1;
                }
            }
        }
        for (tally, (met, decided)) in tallies.iter_mut().zip(counted) {
            tally.met += usize::from(met);
            tally.decided += usize::from(decided);
        }
    }
    tallies
}

/// What each policy with a clause says of a row; none where one of them raises, since then nobody
/// knows what would come of it.
fn said(group: &Group, columns: &[Column], row: usize) -> Option<Vec<(usize, bool)>> {
    group
        .members
        .iter()
        .filter_map(|(policy, column)| Some((*policy, (*column)?)))
        .map(|(policy, column)| match columns.get(column)? {
            Column::Says(rows) => Some((policy, *rows.get(row)?)),
            Column::Unknown => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(rows: &[u8]) -> Column {
        Column::Says(rows.iter().map(|row| *row == 1).collect())
    }

    fn group(members: &[(usize, Option<usize>)]) -> Group {
        Group { members: members.to_vec() }
    }

    fn counted(tallies: &[Tally]) -> Vec<(usize, usize)> {
        tallies.iter().map(|tally| (tally.met, tally.decided)).collect()
    }

    #[test]
    fn who_lets_in_what_nobody_else_does_decides() {
        let columns = [says(&[1, 1, 0, 0]), says(&[0, 1, 1, 0])];
        let groups = [group(&[(0, Some(0)), (1, Some(1))])];
        assert_eq!(counted(&tally(&[true, true], &groups, &columns, 4)), [(2, 1), (2, 1)]);
        // Twice the same: neither is missed.
        let columns = [says(&[1, 1]), says(&[1, 1])];
        assert_eq!(counted(&tally(&[true, true], &groups, &columns, 2)), [(2, 0), (2, 0)]);
    }

    #[test]
    fn a_floor_decides_where_others_let_in() {
        // Rows: let in and kept; let in and kept out; not let in at all, and kept out.
        let columns = [says(&[1, 1, 0]), says(&[1, 0, 0])];
        let groups = [group(&[(0, Some(0)), (1, Some(1))])];
        assert_eq!(counted(&tally(&[true, false], &groups, &columns, 3)), [(2, 1), (2, 1)]);
        // Two floors that keep out the same row: neither is missed.
        let columns = [says(&[1]), says(&[0]), says(&[0])];
        let groups = [group(&[(0, Some(0)), (1, Some(1)), (2, Some(2))])];
        let tallies = tally(&[true, false, false], &groups, &columns, 1);
        assert_eq!(counted(&tallies), [(1, 0), (1, 0), (1, 0)]);
    }

    #[test]
    fn a_row_counts_once_over_commands() {
        let columns = [says(&[1, 0])];
        let groups = [group(&[(0, Some(0))]), group(&[(0, Some(0))])];
        assert_eq!(counted(&tally(&[true], &groups, &columns, 2)), [(1, 1)]);
    }

    #[test]
    fn what_raises_leaves_its_command_open() {
        let columns = [says(&[1]), Column::Unknown];
        let groups = [group(&[(0, Some(0)), (1, Some(1))]), group(&[(0, Some(0)), (1, None)])];
        assert_eq!(counted(&tally(&[true, true], &groups[..1], &columns, 1)), [(0, 0), (0, 0)]);
        assert_eq!(counted(&tally(&[true, true], &groups, &columns, 1)), [(1, 1), (0, 0)]);
    }
}
