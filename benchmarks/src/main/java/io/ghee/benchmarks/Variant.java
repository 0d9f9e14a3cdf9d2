package io.ghee.benchmarks;

import java.util.Locale;

/** The ways of getting messages from process to process that are measured against each other. */
enum Variant {
    RAW("raw NIO"),
    JEROMQ("JeroMQ"),
    GHEE("ghee"),
    COLUMNS("ghee, columns passed on"),
    FLOATS("ghee, rows of floats"),
    BARE("ghee without receipts"),
    SEALED("ghee, sealed"),
    CURVE("JeroMQ, CURVE"),
    /** The size is that of a batch of records of 20 bytes. */
    RECORDS("ghee, in batches"),
    /** The size is that of a record. */
    EACH("JeroMQ, a message each");

    private final String title;

    Variant(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    Carrier carrier() {
        return switch (this) {
            case RAW -> new RawNio();
            case JEROMQ, EACH -> new PlainZmq(false);
            case CURVE -> new PlainZmq(true);
            case GHEE -> new Channels(false, Batches::ofBytes);
            case COLUMNS -> new Channels(false, Batches::ofColumns);
            case FLOATS -> new Channels(false, Batches::ofFloats);
            case SEALED -> new Channels(true, Batches::ofBytes);
            case RECORDS -> new Channels(false, size -> Batches.ofSmall(size / Batches.SMALL_BYTES));
            case BARE -> new BareChannels();
        };
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
