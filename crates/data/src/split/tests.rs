use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn counts(labels: &[u16]) -> Vec<usize> {
    (0..10).map(|class| labels.iter().filter(|&&label| label == class).count()).collect()
}

#[test]
fn largest_remainders_give_one_more() {
    // Exact shares: 2.5, 1.25, 1.25: the first class has the largest remainder.
    assert_eq!(shares(&[10, 5, 5], 5), [3, 1, 1]);
    // All equal: the lower classes.
    assert_eq!(shares(&[4, 4, 4], 5), [2, 2, 1]);
    assert_eq!(shares(&[7, 0, 3], 10), [7, 0, 3]);
}

proptest! {
    #[test]
    fn every_image_is_in_one_part_and_shares_are_within_one(
        labels in prop::collection::vec(0_u16..10, 1..500), part in 0.0..1.0_f64, seed: u64,
    ) {
        let take = (labels.len() as f64 * part) as usize;
        let cut = stratified(&labels, 10, take, (seed, 0), EveryClassIn::Kept);
        prop_assert_eq!(cut.taken.len(), take);
        prop_assert!(cut.kept.is_sorted() && cut.taken.is_sorted());
        let all: BTreeSet<u32> = cut.kept.iter().chain(&cut.taken).copied().collect();
        prop_assert_eq!(all, (0..labels.len() as u32).collect::<BTreeSet<_>>());
        let counts = counts(&labels);
        let whole = shares(&counts, take);
        // A class gives more than its rounded share only in exchange for the last image of another class.
        let emptied = (0..10).any(|class| counts[class] > 0 && whole[class] == counts[class]);
        for class in 0..10 {
            let own = |index: &&u32| usize::from(labels[**index as usize]) == class;
            let taken = cut.taken.iter().filter(own).count();
            let exact = counts[class] as f64 * take as f64 / labels.len() as f64;
            prop_assert!((whole[class] as f64 - exact).abs() < 1.0, "class {class}");
            prop_assert!(taken == whole[class] || emptied, "class {class}: {taken} of {exact}");
        }
    }
}
