//! Values of every kind are restored bit for bit.

use std::fs;

use proptest::prelude::*;

use super::tests::{FILES, saved};
use crate::{DType, StateDict, TensorValue, Value};

fn tensor() -> impl Strategy<Value = TensorValue> {
    let dtype = prop_oneof![Just(DType::F32), Just(DType::F64), Just(DType::I64), Just(DType::U8)];
    (dtype, prop::collection::vec(0usize..4, 0..4)).prop_flat_map(|(dtype, shape)| {
        let size = dtype.size() * shape.iter().product::<usize>();
        // Any bytes: NaNs with any payload, subnormals and negative zeros among them.
        prop::collection::vec(any::<u8>(), size).prop_map(move |bytes| {
            TensorValue::from_bytes(dtype, shape.clone(), bytes).expect("the bytes fill the shape")
        })
    })
}

fn scalar() -> impl Strategy<Value = Value> {
    let special = [0.0, -0.0, 5e-324, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::from),
        any::<u64>().prop_map(|bits| Value::Float(f64::from_bits(bits))),
        prop::sample::select(special.to_vec()).prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    /// Whatever is kept comes back with the same bits, from the same bytes each time.
    #[test]
    fn what_is_saved_is_loaded(
        model in prop::collection::btree_map(any::<String>(), tensor(), 0..6),
        optimizer in prop::collection::btree_map("[a-z]{1,3}(\\.[a-z0-9]{1,3}){0,3}", tensor(), 0..6),
        task in prop::collection::btree_map("[a-z]{1,3}", tensor(), 1..6),
        scalars in prop::collection::btree_map("[a-z]{1,3}[0-9é.\"\\\\]{0,5}", scalar(), 0..10),
    ) {
        let mut state = StateDict::new();
        let tensors = model.into_iter().map(|(name, tensor)| (format!("model.{name}"), tensor))
            .chain(optimizer.into_iter().map(|(name, tensor)| (format!("optimizer.{name}"), tensor)))
            .chain(task.into_iter().map(|(name, tensor)| (format!("task.{name}"), tensor)));
        for (path, tensor) in tensors {
            state.insert(path, tensor).expect("paths differ");
        }
        for (path, value) in scalars {
            // A scalar may have a tensor's path already.
            let _ = state.insert(path, value);
        }
        let (_folder, checkpoints) = saved(&[]).expect("a folder can be made");
        for step in [1, 2] {
            checkpoints.save(step, &state).expect("it can be saved");
        }
        prop_assert_eq!(&checkpoints.load(1).expect("it can be loaded"), &state);
        for name in FILES {
            let bytes = [1, 2].map(|step| fs::read(checkpoints.path_of(step).join(name)).ok());
            prop_assert!(bytes[0].is_some());
            prop_assert_eq!(&bytes[0], &bytes[1]);
        }
    }
}
