//! Runs of hand-made plans with real actions in real folders.

mod crash;
mod failing;
mod guarding;
mod promising;
mod rig;
mod steps;
mod undoing;
mod verifying;

#[cfg(test)]
mod speed;
