import jdk.incubator.vector.FloatVector;

/** Prints the home of the JDK that runs it and the widest vector that the CPU has, in bits. */
final class Machine {

    public static void main(String[] args) {
        System.out.println("home=" + System.getProperty("java.home"));
        System.out.println("bits=" + FloatVector.SPECIES_MAX.vectorBitSize());
    }
}
