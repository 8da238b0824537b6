use arbitrary::{Arbitrary, Unstructured};
use sluicegate_core::*;
use sluicegate_fuzz::*;
fn main() {
    let mut s = 12345u64;
    let mut shown = 0;
    for i in 0..20000 {
        let bytes: Vec<u8> = (0..300).map(|_| { s ^= s << 13; s ^= s >> 7; s ^= s << 17; s.to_le_bytes()[2] }).collect();
        let Ok(case) = naive::Case::arbitrary(&mut Unstructured::new(&bytes)) else { continue };
        let specs: Vec<_> = case.shapes.iter().enumerate().map(|(i, x)| x.spec(i)).collect();
        let Ok(rules) = RuleSet::compile(&specs) else { continue };
        let mut f = Collected::default();
        rules.scan_with(&mut rules.scratch(), &Blob::new(&case.hay), &mut f);
        let ids: Vec<_> = rules.ids().collect();
        let e = naive::search(&case, &ids);
        if e != f.found { shown += 1; if shown > 3 { break; }
            println!("--- {i}");
            for s in &specs { println!("{:?} {:?} {:?} anchors {:?}", s.pattern, s.parts, s.confidence, s.anchors); }
            for m in &e { if !f.found.contains(m) { println!("only naive {m:?} {:?}", String::from_utf8_lossy(m.span.of(&case.hay)));
               println!("{:?}", String::from_utf8_lossy(&case.hay[m.span.start.saturating_sub(30)..(m.span.end+30).min(case.hay.len())])); } }
            for m in &f.found { if !e.contains(m) { println!("only engine {m:?} {:?}", String::from_utf8_lossy(m.span.of(&case.hay))); } }
        }
    }
}
