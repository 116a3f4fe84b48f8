//! The attacks, one a file.

mod claims;
mod crowd_of_strangers;
mod endless_wants;
mod exploding_deltas;
mod forged_catalog;
mod grandchild;
mod greedy_child;
mod heavy_lane;
mod left_out_payload;
mod refused_joins;
mod revoked_authority;
mod silent_sockets;
