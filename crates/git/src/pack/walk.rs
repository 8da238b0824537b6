//! Walks the delta trees of a pack, depth first.
//!
//! A base is held only while children of it are to come. The child with the heaviest tree
//! comes last and takes the place of its base, so that a thread holds at most as many
//! objects as the logarithm of the size of a tree, whatever its shape.

use super::delta::{self, Segment};
use super::inflate::Inflate;
use super::plan::{Mark, Pack, Plan};
use crate::object::Kind;
use crate::share::{Exchange, Offcut};
use crate::walk::{Failure, Made, Object, Visitor};

/// Buffers larger than this are given back instead of kept.
const KEPT_CAPACITY: usize = 4 << 20;

/// How many buffers are kept.
const KEPT_BUFFERS: usize = 16;

/// What one thread needs to walk.
pub(crate) struct Walker {
    inflate: Inflate,
    delta: Vec<u8>,
    segments: Vec<Segment>,
    buffers: Vec<Vec<u8>>,
    /// Larger objects are not read.
    max_size: u64,
}

/// A visited object whose children are still to come.
struct Frame<S> {
    node: u32,
    bytes: Vec<u8>,
    state: S,
    next: usize,
    /// Behind the last child that is this thread's to visit.
    end: usize,
}

/// A pack that is walked, and which of its objects were seen elsewhere.
pub(crate) struct Walked<'p> {
    pub(crate) pack: &'p Pack,
    pub(crate) plan: &'p Plan,
    /// By the places of objects in the index.
    pub(crate) repeats: Option<&'p [bool]>,
    /// For each node what to do with it; `None` to visit all.
    pub(crate) marks: Option<&'p [Mark]>,
    /// Where parts of it can be left to other threads, and its number there.
    pub(crate) exchange: &'p Exchange,
    pub(crate) stretch: usize,
}

impl Walked<'_> {
    fn is_repeat(&self, node: u32) -> bool {
        let number = self.plan.nodes[node as usize].number();
        self.repeats.is_some_and(|repeats| repeats[number])
            || self
                .marks
                .is_some_and(|marks| marks[node as usize] == Mark::Pass)
    }

    /// Whether visiting it tells nobody anything.
    pub(crate) fn is_idle(&self, node: u32) -> bool {
        match self.marks {
            Some(marks) => marks[node as usize] == Mark::Leave,
            None => self.is_repeat(node) && self.plan.children(node).is_empty(),
        }
    }

    fn below(&self, node: u32) -> u32 {
        let mut all = self.plan.children(node).to_vec();
        let mut at = 0;
        while at < all.len() {
            all.extend_from_slice(self.plan.children(all[at]));
            at += 1;
        }
        u32::try_from(all.len()).unwrap_or(u32::MAX)
    }

    fn fail<V: Visitor>(&self, visitor: &mut V, node: u32, failure: Failure) {
        let id = self.pack.id(&self.plan.nodes[node as usize]);
        visitor.failed(id, failure, self.below(node));
    }
}

impl<S> Frame<S> {
    fn new(walked: &Walked<'_>, node: u32, bytes: Vec<u8>, state: S) -> Self {
        Self {
            node,
            bytes,
            state,
            next: 0,
            end: walked.plan.children(node).len(),
        }
    }
}

/// Leaves what comes last to a thread that waits: what hangs on the object nearest to the
/// root, or half of the children of the one at hand. The heaviest child is the last.
fn leave<S>(walked: &Walked<'_>, kind: Kind, stack: &mut Vec<Frame<S>>, frame: &mut Frame<S>) {
    let offcut = |node, bytes, children| Offcut {
        stretch: walked.stretch,
        kind,
        node,
        bytes,
        children,
    };
    if !stack.is_empty() {
        let far = stack.remove(0);
        let children = far.next..far.end;
        walked.exchange.give(offcut(far.node, far.bytes, children));
    } else if frame.end - frame.next > 1 {
        let middle = frame.next + (frame.end - frame.next).div_ceil(2);
        let children = middle..frame.end;
        frame.end = middle;
        let bytes = frame.bytes.clone();
        walked.exchange.give(offcut(frame.node, bytes, children));
    }
}

impl Walker {
    pub(crate) fn new(max_size: u64) -> Self {
        Self {
            inflate: Inflate::new(),
            delta: Vec::new(),
            segments: Vec::new(),
            buffers: Vec::new(),
            max_size,
        }
    }

    /// Visits the tree below a root.
    pub(crate) fn tree<V: Visitor>(
        &mut self,
        walked: &Walked<'_>,
        root: u32,
        kind: Kind,
        visitor: &mut V,
    ) {
        if walked.is_idle(root) {
            return;
        }
        let (data, size) = walked.pack.data(walked.plan, root);
        if size as u64 > self.max_size {
            return walked.fail(visitor, root, Failure::TooLarge(size as u64));
        }
        let mut bytes = self.buffers.pop().unwrap_or_default();
        if let Err(why) = self.inflate.run(data, size, &mut bytes) {
            return walked.fail(visitor, root, Failure::Damaged(why));
        }
        let state = Self::visit(walked, root, kind, &bytes, None, visitor);
        let frame = Frame::new(walked, root, bytes, state);
        self.children(walked, kind, frame, visitor);
    }

    /// Visits a delta on an object of another pack, and the tree below it.
    pub(crate) fn thin<V: Visitor>(
        &mut self,
        walked: &Walked<'_>,
        node: u32,
        kind: Kind,
        base: &[u8],
        visitor: &mut V,
    ) {
        match self.made_of(walked, node, base) {
            Ok(bytes) => {
                let state = Self::visit(walked, node, kind, &bytes, None, visitor);
                let frame = Frame::new(walked, node, bytes, state);
                self.children(walked, kind, frame, visitor);
            }
            Err(failure) => walked.fail(visitor, node, failure),
        }
    }

    /// Visits what another thread left.
    pub(crate) fn go_on<V: Visitor>(
        &mut self,
        walked: &Walked<'_>,
        offcut: Offcut,
        visitor: &mut V,
    ) {
        let state = visitor.again(&Object {
            id: walked.pack.id(&walked.plan.nodes[offcut.node as usize]),
            kind: offcut.kind,
            bytes: &offcut.bytes,
            is_repeat: true,
        });
        let frame = Frame {
            node: offcut.node,
            bytes: offcut.bytes,
            state,
            next: offcut.children.start,
            end: offcut.children.end,
        };
        self.children(walked, offcut.kind, frame, visitor);
    }

    fn children<V: Visitor>(
        &mut self,
        walked: &Walked<'_>,
        kind: Kind,
        top: Frame<V::State>,
        visitor: &mut V,
    ) {
        let mut stack = vec![top];
        while let Some(mut frame) = stack.pop() {
            let children = &walked.plan.children(frame.node)[..frame.end];
            let Some(&child) = children.get(frame.next) else {
                self.recycle(frame.bytes);
                continue;
            };
            if visitor.is_stopped() {
                return;
            }
            if walked.exchange.is_hungry() {
                leave(walked, kind, &mut stack, &mut frame);
            }
            let children = &children[..frame.end];
            frame.next += 1;
            let mut below = None;
            if !walked.is_idle(child) {
                match self.made_of(walked, child, &frame.bytes) {
                    Ok(bytes) => {
                        let made = Made {
                            base: &frame.bytes,
                            state: &frame.state,
                            segments: &self.segments,
                        };
                        let state = Self::visit(walked, child, kind, &bytes, Some(made), visitor);
                        below = Some(Frame::new(walked, child, bytes, state));
                    }
                    Err(failure) => walked.fail(visitor, child, failure),
                }
            }
            if frame.next < children.len() {
                stack.push(frame);
            } else {
                self.recycle(frame.bytes);
            }
            match below {
                Some(below) if !walked.plan.children(child).is_empty() => stack.push(below),
                Some(below) => self.recycle(below.bytes),
                None => {}
            }
        }
    }

    /// Inflates and applies the delta of a node; `self.segments` says what is new.
    fn made_of(&mut self, walked: &Walked<'_>, node: u32, base: &[u8]) -> Result<Vec<u8>, Failure> {
        let (data, size) = walked.pack.data(walked.plan, node);
        if size as u64 > self.max_size {
            return Err(Failure::TooLarge(size as u64));
        }
        self.inflate
            .run(data, size, &mut self.delta)
            .map_err(Failure::Damaged)?;
        let damaged = |why: delta::DeltaError| Failure::Damaged(why.to_string());
        let size = delta::result_size(&self.delta).map_err(damaged)?;
        if size > self.max_size {
            return Err(Failure::TooLarge(size));
        }
        let mut bytes = self.buffers.pop().unwrap_or_default();
        delta::apply(base, &self.delta, &mut bytes, &mut self.segments).map_err(damaged)?;
        Ok(bytes)
    }

    fn visit<V: Visitor>(
        walked: &Walked<'_>,
        node: u32,
        kind: Kind,
        bytes: &[u8],
        made: Option<Made<'_, V::State>>,
        visitor: &mut V,
    ) -> V::State {
        let object = Object {
            id: walked.pack.id(&walked.plan.nodes[node as usize]),
            kind,
            bytes,
            is_repeat: walked.is_repeat(node),
        };
        visitor.visit(&object, made)
    }

    fn recycle(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT_CAPACITY && self.buffers.len() < KEPT_BUFFERS {
            self.buffers.push(buffer);
        }
    }
}
