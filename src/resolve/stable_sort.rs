//! PHP's sort, for comparisons that are no total order.

use std::cmp::Ordering;

/// Sorts as PHP's `usort` does. Which package replaces which is no total order, so the algorithm decides the result;
/// Rust's own sort may even refuse such a comparison. Up to 16 elements PHP sorts by insertion (with networks for up to five);
/// longer lists, which no real choice between names has, are sorted by plain insertion, too.
pub fn sort_as_php<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut after =
        |items: &[T], a: usize, b: usize| compare(&items[a], &items[b]) == Ordering::Greater;
    match items.len() {
        0 | 1 => {}
        2 => {
            if after(items, 0, 1) {
                items.swap(0, 1);
            }
        }
        3..=5 => {
            sort_three(items, &mut after);
            for last in 3..items.len() {
                let mut place = last;
                while place > 0 && after(items, place - 1, place) {
                    items.swap(place - 1, place);
                    place -= 1;
                }
            }
        }
        _ => sort_by_insertion(items, &mut after),
    }
}

fn sort_three<T>(items: &mut [T], after: &mut impl FnMut(&[T], usize, usize) -> bool) {
    if !after(items, 0, 1) {
        if after(items, 1, 2) {
            items.swap(1, 2);
            if after(items, 0, 1) {
                items.swap(0, 1);
            }
        }
    } else if !after(items, 2, 1) {
        items.swap(0, 2);
    } else {
        items.swap(0, 1);
        if after(items, 1, 2) {
            items.swap(1, 2);
        }
    }
}

fn sort_by_insertion<T>(items: &mut [T], after: &mut impl FnMut(&[T], usize, usize) -> bool) {
    for next in 1..items.len() {
        if !after(items, next - 1, next) {
            continue;
        }
        let mut place = next - 1;
        while place > 0 && after(items, place - 1, next) {
            place -= 1;
        }
        items[place..=next].rotate_right(1);
    }
}

#[cfg(test)]
mod tests {
    use super::sort_as_php;

    #[test]
    fn sorts_total_orders() {
        for length in 0..40_u32 {
            let mut items: Vec<u32> = (0..length).map(|index| index * 7919 % 31).collect();
            let mut expected = items.clone();
            expected.sort();
            sort_as_php(&mut items, |a, b| a.cmp(b));
            assert_eq!(items, expected);
        }
    }
}
