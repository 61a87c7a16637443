use std::time::Instant; use std::sync::Arc; use hearth_data::*; use hearth_config::*;
fn main(){ 
 for _ in 0..3 { let t=Instant::now(); let d=load(&DataSource::FashionMnist(NoOptions{}), std::path::Path::new("datasets"), &mut |s| println!("{s}")).unwrap(); println!("load {:?}",t.elapsed());
 let t=Instant::now(); let s=d.split(5000,42).unwrap(); println!("split {:?}",t.elapsed());
 let t=Instant::now(); let n=Normalization::of(&s.train); println!("norm {:?} {:?}",t.elapsed(),n);
 for aug in [None, Some(AugmentConfig{flip:0.5,shift:2,erase:0.5})] {
 let l=Arc::new(Loader::new(s.train.clone(),256,1,aug));
 let t=Instant::now(); let o=l.order(3); println!("order {:?}",t.elapsed());
 let mut b=Batch::default(); l.fill(&o,0,0,&mut b);
 let t=Instant::now(); for i in 0..l.batches_per_epoch(){ l.fill(&o,0,i,&mut b);} println!("fill {:?} per batch",t.elapsed()/l.batches_per_epoch() as u32);
 let mut p=Prefetch::new(l.clone(),0,0); let t=Instant::now(); for _ in 0..l.batches_per_epoch(){ let b=p.next(); p.recycle(b);} println!("prefetch {:?} per batch",t.elapsed()/l.batches_per_epoch() as u32);
 }}}
