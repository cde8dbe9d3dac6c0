//! PHP's sort, for comparisons that are no total order.

use std::cmp::Ordering;

/// Up to so many items PHP sorts by insertion.
const BY_INSERTION: usize = 16;

/// From so many items on, the pivot is the median of five instead of three.
const MEDIAN_OF_FIVE: usize = 1024;

/// Sorts as PHP 8's `usort` does. Which package replaces which is no total order, so the algorithm decides the result;
/// Rust's own sort may even refuse such a comparison. Items that compare equal keep their order.
pub fn sort_as_php<T: Clone>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let before = items.to_vec();
    let mut order: Vec<usize> = (0..items.len()).collect();
    let mut after = |a: usize, b: usize| {
        let order = compare(&before[a], &before[b]).then(a.cmp(&b));
        order == Ordering::Greater
    };
    sort(&mut order, &mut after);
    for (item, place) in items.iter_mut().zip(order) {
        item.clone_from(&before[place]);
    }
}

/// `zend_sort`: quicksort that leaves short stretches to insertion.
fn sort(items: &mut [usize], after: &mut impl FnMut(usize, usize) -> bool) {
    let mut items = items;
    while items.len() > BY_INSERTION {
        let length = items.len();
        let middle = length / 2;
        if length >= MEDIAN_OF_FIVE {
            let quarter = middle / 2;
            sort_few(
                items,
                &[0, quarter, middle, middle + quarter, length - 1],
                after,
            );
        } else {
            sort_few(items, &[0, middle, length - 1], after);
        }
        items.swap(1, middle);
        let end = partition(items, after);
        items.swap(1, end - 1);
        let (left, right) = items.split_at_mut(end);
        let left = &mut left[..end - 1];
        // The shorter part first; it makes no difference to the result, but bounds the depth.
        if left.len() < right.len() {
            sort(left, after);
            items = right;
        } else {
            sort(right, after);
            items = left;
        }
    }
    sort_by_insertion(items, after);
}

/// Splits by the pivot in the second place. Where the part begins that comes after it.
fn partition(items: &mut [usize], after: &mut impl FnMut(usize, usize) -> bool) -> usize {
    let pivot = items[1];
    let (mut low, mut high) = (2, items.len() - 1);
    loop {
        while after(pivot, items[low]) {
            low += 1;
            if low == high {
                return low;
            }
        }
        high -= 1;
        if high == low {
            return low;
        }
        while after(items[high], pivot) {
            high -= 1;
            if high == low {
                return low;
            }
        }
        items.swap(low, high);
        low += 1;
        if low == high {
            return low;
        }
    }
}

/// `zend_insert_sort`
fn sort_by_insertion(items: &mut [usize], after: &mut impl FnMut(usize, usize) -> bool) {
    if items.len() <= 5 {
        let places: Vec<usize> = (0..items.len()).collect();
        sort_few(items, &places, after);
        return;
    }
    for next in 1..items.len() {
        let item = items[next];
        if !after(items[next - 1], item) {
            continue;
        }
        let place = match next {
            1..=5 => {
                next - 1
                    - (0..next - 1)
                        .rev()
                        .take_while(|&place| after(items[place], item))
                        .count()
            }
            _ => place_by_pairs(items, next, after),
        };
        items[place..=next].rotate_right(1);
    }
}

/// Where to insert an item that is not after the one before it: looks at every other place first.
fn place_by_pairs(
    items: &[usize],
    next: usize,
    after: &mut impl FnMut(usize, usize) -> bool,
) -> usize {
    let item = items[next];
    let mut place = next - 1;
    loop {
        place -= 2;
        if !after(items[place], item) {
            return if after(items[place + 1], item) {
                place + 1
            } else {
                place + 2
            };
        }
        match place {
            0 => return 0,
            1 => return usize::from(after(item, items[0])),
            _ => {}
        }
    }
}

/// Sorts two to five places by fixed comparisons (`zend_sort_2` to `zend_sort_5`).
fn sort_few(items: &mut [usize], places: &[usize], after: &mut impl FnMut(usize, usize) -> bool) {
    let (first, rest) = match *places {
        [a, b] => {
            if after(items[a], items[b]) {
                items.swap(a, b);
            }
            return;
        }
        [a, b, c, ..] => ([a, b, c], &places[3..]),
        _ => return,
    };
    sort_three(items, first, after);
    for next in places.len() - rest.len()..places.len() {
        let mut place = next;
        while place > 0 && after(items[places[place - 1]], items[places[place]]) {
            items.swap(places[place - 1], places[place]);
            place -= 1;
        }
    }
}

fn sort_three(
    items: &mut [usize],
    [a, b, c]: [usize; 3],
    after: &mut impl FnMut(usize, usize) -> bool,
) {
    if !after(items[a], items[b]) {
        if after(items[b], items[c]) {
            items.swap(b, c);
            if after(items[a], items[b]) {
                items.swap(a, b);
            }
        }
    } else if !after(items[c], items[b]) {
        items.swap(a, c);
    } else {
        items.swap(a, b);
        if after(items[b], items[c]) {
            items.swap(b, c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sort_as_php;
    use std::cmp::Ordering;

    #[test]
    fn sorts_total_orders() {
        for length in (0..40_u32).chain([200, 1100, 5000]) {
            let mut items: Vec<u32> = (0..length).map(|index| index * 7919 % 1031).collect();
            let mut expected = items.clone();
            expected.sort();
            sort_as_php(&mut items, |a, b| a.cmp(b));
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn equal_items_keep_their_order() {
        let mut items: Vec<u32> = (0..100).collect();
        sort_as_php(&mut items, |a, b| (a % 3).cmp(&(b % 3)));
        let expected: Vec<u32> = (0..3)
            .flat_map(|rest| (0..100).filter(move |item| item % 3 == rest))
            .collect();
        assert_eq!(items, expected);
    }

    /// What PHP 8.2 makes of a comparison that goes in circles.
    #[test]
    fn circles_end_as_in_php() {
        let circle = |a: &usize, b: &usize| match (a + 300 - b) % 3 {
            0 => Ordering::Equal,
            1 => Ordering::Greater,
            _ => Ordering::Less,
        };
        for (length, expected) in CIRCLES {
            let mut items: Vec<usize> = (0..*length).collect();
            sort_as_php(&mut items, circle);
            assert_eq!(items, *expected);
        }
    }

    const CIRCLES: &[(usize, &[usize])] = &[
        (
            17,
            &[1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 0, 3, 6, 9, 12, 15],
        ),
        (
            24,
            &[
                2, 5, 8, 11, 14, 17, 20, 23, 0, 3, 6, 9, 12, 15, 18, 21, 1, 4, 7, 10, 13, 16, 19,
                22,
            ],
        ),
    ];
}
