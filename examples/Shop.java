// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;

/** A shop that packs each order, and never calls end() of what it packs with: that memory is not in Java's heap. */
public class Shop {
    static final List<Deflater> kept = new ArrayList<>();
    static final byte[] order = new byte[4096];
    static final byte[] packed = new byte[8192];

    static void pack() {
        Deflater deflater = new Deflater();
        deflater.setInput(order);
        deflater.finish();
        deflater.deflate(packed);
        kept.add(deflater);
    }

    public static void main(String[] args) throws InterruptedException {
        while (kept.size() < 3000) {
            pack();
            Thread.sleep(20);
        }
    }
}
