package io.ghee.train;

import static io.ghee.ConfigurationException.check;

/**
 * Elements that lie one after the other in the memory of a GPU. Whoever made the memory keeps it until it is not used any more.
 *
 * @param address of the first element, as the device knows it
 * @param count of the elements
 */
public record DeviceArray(long address, long count, Type type) {
    /** What elements there are. */
    public enum Type {
        FLOAT(Float.BYTES),
        DOUBLE(Double.BYTES),
        INT(Integer.BYTES),
        LONG(Long.BYTES);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of an element. */
        public int bytes() {
            return bytes;
        }
    }

    public DeviceArray {
        check(count >= 0, "elements of a device array", count, ">= 0");
        check(address != 0 || count == 0, "address of a device array", address, "not 0");
        check(address % type.bytes() == 0, "address of a device array", address, "a multiple of " + type.bytes());
    }
}
