//! The attacks, one a file.

mod crowd_of_strangers;
mod grandchild;
mod greedy_child;
mod refused_joins;
mod revoked_authority;
mod silent_sockets;
