package io.ghee.examples.clicks;

import io.ghee.models.Example;

/**
 * A click as it is kept, when it is known what became of it.
 *
 * @param timestamp seconds since 1970
 * @param dwellMillis how long the advertisement had been seen
 * @param bought whether the user bought what it was for
 */
record LoggedClick(
        String id, int user, int ad, long timestamp, int dwellMillis, String page, String agent, boolean bought) {
    Click click() {
        return new Click(id, user, ad, timestamp, dwellMillis);
    }

    /** The columns of it that examples are made of. */
    record Outcome(int user, int ad, long timestamp, boolean bought) {
        Example example() {
            return new Example(Click.Features.of(user, ad, timestamp), bought ? 1 : 0);
        }
    }

    Outcome outcome() {
        return new Outcome(user, ad, timestamp, bought);
    }
}
