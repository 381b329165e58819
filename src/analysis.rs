//! A recorded note becomes frames of partial levels, noise bands and pitch deviation; and the distances by which a
//! resynthesis is judged against its original.

pub mod frames;
pub mod noise;
