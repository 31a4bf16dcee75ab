//! Values in the order of numbers.

/// Values that have numbers, and lie in one vector in the order of these: most numbers have few values, so that a vector for each would
/// cost more than what is in it.
pub struct ByNumber<T> {
    values: Vec<T>,
    /// Where those of each number end.
    ends: Vec<usize>,
}

impl<T> ByNumber<T> {
    /// Sorts values by their numbers, which are below `count`. Those of a number stay in order.
    pub fn new(numbered: Vec<(u32, T)>, count: usize) -> Self {
        let mut ends = starts(&numbered, count);
        let mut places = Vec::with_capacity(numbered.len());
        places.resize_with(numbered.len(), || None);
        for (number, value) in numbered {
            let end = &mut ends[number as usize];
            places[*end] = Some(value);
            *end += 1;
        }
        ByNumber { values: places.into_iter().flatten().collect(), ends }
    }

    /// As [`new`](Self::new), for values that can be written twice: a pass and half of the memory less.
    pub fn of_copies(numbered: &[(u32, T)], count: usize) -> Self
    where
        T: Copy,
    {
        let mut ends = starts(numbered, count);
        let mut values = match numbered.first() {
            Some((_, value)) => vec![*value; numbered.len()],
            None => Vec::new(),
        };
        for (number, value) in numbered {
            let end = &mut ends[*number as usize];
            values[*end] = *value;
            *end += 1;
        }
        ByNumber { values, ends }
    }

    /// The values of a number.
    #[inline]
    pub fn of(&self, number: usize) -> &[T] {
        let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[from..self.ends[number]]
    }
}

/// Where the values of each number begin.
fn starts<T>(numbered: &[(u32, T)], count: usize) -> Vec<usize> {
    let mut starts = vec![0; count];
    numbered.iter().for_each(|(number, _)| starts[*number as usize] += 1);
    let mut before = 0;
    for start in &mut starts {
        before += std::mem::replace(start, before);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_number_stay_in_order() {
        let numbered = [(2, "a"), (0, "b"), (2, "c"), (3, "d"), (0, "e"), (2, "f")];
        for sorted in [ByNumber::new(numbered.to_vec(), 5), ByNumber::of_copies(&numbered, 5)] {
            let of: Vec<&[&str]> = (0..5).map(|number| sorted.of(number)).collect();
            assert_eq!(of, [&["b", "e"][..], &[], &["a", "c", "f"], &["d"], &[]]);
        }
    }

    #[test]
    fn there_may_be_no_values() {
        assert!(ByNumber::<u64>::new(Vec::new(), 1).of(0).is_empty());
        assert!(ByNumber::<u64>::of_copies(&[], 1).of(0).is_empty());
    }
}
