//! Check of a table before training.
//!
//! | file | subject |
//! | --- | --- |
//! | `report` | duplicates and constant columns |
//! | `leakage` | target leakage |

mod leakage;
pub(super) mod report;
