//! Training of `knot-vae-2`: notes on disk become a model. Never part of the plugin's work; backward passes are written
//! by hand on `ndarray`, because at this size they are simple, and a tenth of the code that a framework would bring.

pub mod augment;
pub mod batch;
pub mod dataset;
pub mod finish;
pub mod fit;
pub mod layers;
pub mod loss;
pub mod motion;
pub mod network;
pub mod random;
pub mod synthetic;
