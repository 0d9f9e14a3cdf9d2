package io.ghee.transfer.wire;

/** How the body of a frame is packed. */
public enum Packing {
    /** It is not. */
    NONE(0);

    private final int code;

    Packing(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Packing of(int code) {
        if (code == 0) {
            return NONE;
        }
        throw FrameHeader.refuse("packing of a frame", code, "0");
    }
}
