package io.ghee.examples.clicks;

/**
 * A click on an advertisement, as it comes in.
 *
 * @param id of this click alone
 * @param timestamp seconds since 1970
 * @param dwellMillis how long the advertisement had been seen
 */
record Click(String id, int user, int ad, long timestamp, int dwellMillis) {
    /** Who clicks sooner is a machine. */
    static final int HUMAN_MILLIS = 100;

    boolean isHuman() {
        return dwellMillis >= HUMAN_MILLIS;
    }

    /** What the model knows of it. */
    Features features() {
        return new Features(id, Features.of(user, ad, timestamp));
    }

    /**
     * The features of a click.
     *
     * @param features as in an {@link io.ghee.models.Example}
     */
    record Features(String click, int[] features) {
        static final int USERS = 500;
        static final int ADS = 100;
        private static final int HOURS = 24;
        /** How many feature ids there are. */
        static final int IDS = USERS + ADS + HOURS;

        static int[] of(int user, int ad, long timestamp) {
            return new int[] {
                Math.floorMod(user, USERS),
                USERS + Math.floorMod(ad, ADS),
                USERS + ADS + (int) Math.floorMod(timestamp / 3600, (long) HOURS)
            };
        }
    }
}
