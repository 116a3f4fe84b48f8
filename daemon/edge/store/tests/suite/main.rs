//! One suite for every engine of the store: claims are written once, a macro runs each against each engine.
//!
//! Invariant: claims use the public interface only; what belongs to one engine's files stands in its own module.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bed;
mod claims;
mod sqlite_files;

/// Runs each claim on a fresh bed of an engine. PostgreSQL joins as a second `mod`.
macro_rules! suite {
    ($($area:ident: $($claim:ident),+;)+) => {
        mod sqlite {
            $(mod $area {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    let bed = crate::bed::Bed::new();
                    crate::claims::$area::$claim(&bed).await;
                })+
            })+
        }
    };
}

suite! {
    appending:
        entries_follow_their_heads_and_the_feed_is_gap_free,
        a_submission_names_the_batches_of_its_own_append,
        concurrent_appends_leave_no_gap_and_no_fork,
        a_guard_refuses_what_was_decided_on_an_old_row,
        a_refused_draft_leaves_nothing,
        watchers_hear_of_each_commit,
        a_thousand_entries_are_one_append;
    applying:
        what_came_is_stored_and_the_position_moves,
        the_position_moves_only_from_where_the_sender_believes_it,
        who_has_no_position_stands_at_the_beginning_and_nowhere_else,
        a_gap_becomes_one_want_that_follows_the_tail,
        a_want_goes_when_its_entry_comes_from_anybody,
        a_faulty_entry_stops_its_stream_and_nothing_else,
        an_answer_in_vain_marks_its_want,
        heads_become_wants_trust_first_then_the_smallest_gap,
        a_peer_gets_its_own_entries_back_by_name,
        a_forked_own_stream_takes_nothing_more,
        an_author_who_brings_too_much_waits_and_loses_nothing,
        a_life_opens_a_bounded_number_of_streams_and_goes_on_in_those,
        a_full_disk_lets_work_wait_and_takes_keys;
    serving:
        a_part_of_the_feed_ends_where_its_limits_say,
        routes_filter_parts_counts_and_heads_alike,
        a_want_is_served_behind_the_highest_common_sample,
        both_branches_of_a_fork_are_served,
        an_offset_beyond_the_feed_is_refused;
    exchange:
        two_nodes_with_random_forks_become_equal,
        a_rewound_node_gets_its_own_entries_back;
    tables:
        lookups_find_entries_by_what_they_are,
        the_log_filters_and_pages_both_ways,
        a_page_of_long_entries_is_short_and_the_next_goes_on,
        projections_change_with_their_feed_number,
        peers_and_sessions_read_back,
        metas_own_keys_are_refused;
    wanting:
        what_a_peer_names_beyond_the_limit_waits_and_the_position_with_it,
        what_is_wanted_already_needs_no_room,
        what_no_tree_routes_here_gets_a_small_share,
        a_peer_that_names_the_end_of_the_numbers_overflows_nothing,
        wants_are_read_by_pages_and_ones_own_past_comes_before_others,
        what_is_let_go_takes_the_position_with_it,
        keys_and_what_can_be_had_take_the_place_of_what_waits,
        where_there_is_no_room_for_all_each_gets_its_turn;
    checking:
        a_whole_journal_has_no_problems,
        an_erased_payload_is_gone_and_the_chain_stands,
        a_payload_that_was_left_out_is_filled_when_it_comes,
        a_payload_that_was_left_out_is_asked_of_others_when_its_link_ends;
}
