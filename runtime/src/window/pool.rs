//! Nodes of linked lists, all in one vector: the lists of many keys without an allocation for each.

use super::by_number::bytes;

/// A node's place in its pool, or `NONE`.
pub(super) type Link = u32;
pub(super) const NONE: Link = Link::MAX;

pub(super) struct Node<T, const LINKS: usize> {
    pub value: T,
    pub links: [Link; LINKS],
}

/// A pool of nodes with so many links each.
pub(super) struct Pool<T, const LINKS: usize> {
    pub nodes: Vec<Node<T, LINKS>>,
    free: Vec<Link>,
}

impl<T, const LINKS: usize> Default for Pool<T, LINKS> {
    fn default() -> Self {
        Pool { nodes: Vec::new(), free: Vec::new() }
    }
}

impl<T, const LINKS: usize> Pool<T, LINKS> {
    /// # Panics
    /// When the pool is full for good.
    #[inline]
    pub fn add(&mut self, value: T, links: [Link; LINKS]) -> Link {
        let node = Node { value, links };
        if let Some(link) = self.free.pop() {
            self.nodes[link as usize] = node;
            return link;
        }
        assert!(self.nodes.len() < NONE as usize, "a shard of a window holds at most {NONE} values");
        self.nodes.push(node);
        self.nodes.len() as Link - 1
    }

    /// The node's value stays until its place is used again.
    #[inline]
    pub fn free(&mut self, link: Link) {
        self.free.push(link);
    }

    #[inline(always)]
    pub fn at(&self, link: Link) -> &Node<T, LINKS> {
        &self.nodes[link as usize]
    }

    #[inline(always)]
    pub fn at_mut(&mut self, link: Link) -> &mut Node<T, LINKS> {
        &mut self.nodes[link as usize]
    }

    pub fn is_sparse(&self) -> bool {
        self.nodes.len() >= 64 && self.free.len() * 4 > self.nodes.len() * 3
    }

    /// Gives memory back. The caller passes the links that it has itself through the returned function.
    pub fn compact(&mut self) -> impl Fn(&mut Link) + use<T, LINKS> {
        let mut new: Vec<Link> = vec![0; self.nodes.len()];
        for link in std::mem::take(&mut self.free) {
            new[link as usize] = NONE;
        }
        let mut next = 0;
        for link in &mut new {
            if *link != NONE {
                *link = next;
                next += 1;
            }
        }
        let mut place = 0;
        self.nodes.retain(|_| {
            place += 1;
            new[place - 1] != NONE
        });
        self.nodes.shrink_to_fit();
        let moved = move |link: &mut Link| {
            if *link != NONE {
                *link = new[*link as usize];
            }
        };
        self.nodes.iter_mut().flat_map(|node| &mut node.links).for_each(&moved);
        moved
    }

    pub fn bytes(&self) -> usize {
        bytes(&self.nodes) + bytes(&self.free)
    }
}
