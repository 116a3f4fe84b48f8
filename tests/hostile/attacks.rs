//! The attacks, one a file.

mod crowd_of_strangers;
mod grandchild;
mod greedy_child;
mod refused_joins;
mod silent_sockets;
